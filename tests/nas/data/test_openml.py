"""OpenML against a recorded answer (data set 61, iris) that a server of our own gives."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nas.data import DataError
from nas.data.openml import load_openml
from nas.spec import DataSpec

RECORDED = Path(__file__).parent / "openml_61"


@dataclass
class Server:
    """What is answered to which path, and what was asked for."""

    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Answers on 127.0.0.1; the cache is empty."""
    state = Server(
        {
            "/api/v1/json/data/61": (RECORDED / "description.json").read_bytes(),
            "/data/v1/download/61/iris.arff": (RECORDED / "iris.arff").read_bytes(),
        }
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            found = state.answers.get(self.path)
            self.send_response(412 if found is None else 200)
            self.end_headers()
            self.wfile.write(found or b"unknown dataset")

        def log_message(self, format: str, *args: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    state.address = f"http://127.0.0.1:{httpd.server_port}"
    monkeypatch.setenv("SILKSCREEN_OPENML", state.address)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def error_of(number: int = 61, **options: str) -> str:
    data = DataSpec.model_validate({"openml": number, **options})
    with pytest.raises(DataError) as caught:
        load_openml(number, data, "classification")
    return str(caught.value)


def with_description(server: Server, **changes: object) -> None:
    answer = json.loads((RECORDED / "description.json").read_bytes())
    answer["data_set_description"].update(changes)
    server.answers["/api/v1/json/data/61"] = json.dumps(answer).encode()


def test_a_data_set_is_read_with_its_default_target(server: Server) -> None:
    table = load_openml(61, DataSpec(openml=61), "classification")
    assert table.x.shape == (150, 4)
    assert table.features == ("sepallength", "sepalwidth", "petallength", "petalwidth")
    assert table.labels == ("Iris-setosa", "Iris-versicolor", "Iris-virginica")
    assert table.origin == "openml 61"


def test_a_second_time_nothing_is_downloaded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_openml(61, DataSpec(openml=61), "classification")
    assert len(server.asked) == 2
    monkeypatch.setenv("SILKSCREEN_OPENML", "http://127.0.0.1:9")
    second = load_openml(61, DataSpec(openml=61), "classification")
    assert len(server.asked) == 2
    assert (first.x == second.x).all()


def test_another_target_may_be_given(server: Server) -> None:
    table = load_openml(61, DataSpec(openml=61, target="petalwidth", drop=("class",)), "regression")
    assert table.features == ("sepallength", "sepalwidth", "petallength")


def test_what_openml_ignores_is_left_out(server: Server) -> None:
    with_description(server, row_id_attribute="sepallength", ignore_attribute=["petalwidth"])
    table = load_openml(61, DataSpec(openml=61), "classification")
    assert table.features == ("sepalwidth", "petallength")


def test_a_wrong_target_names_the_nearest(server: Server) -> None:
    assert error_of(target="clas") == "openml 61: there is no target column 'clas'; did you mean 'class'?"


def test_without_a_default_target_one_is_asked_for(server: Server) -> None:
    with_description(server, default_target_attribute="a,b")
    assert error_of() == "openml 61: OpenML names no single default target; give data.target"


def test_an_unknown_number_is_said(server: Server) -> None:
    assert error_of(99) == (f"openml 99: OpenML has no such data set ({server.address}/api/v1/json/data/99)")


def test_a_file_with_another_sum_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.answers["/data/v1/download/61/iris.arff"] += b"5,5,5,5,Iris-setosa\n"
    assert error_of().startswith(
        "openml 61: the file's MD5 sum must be ad484452702105cbf3d30f8deaba39a9, but is"
    )
    assert not (tmp_path / "cache").exists()


def test_a_damaged_cache_says_what_to_delete(server: Server, tmp_path: Path) -> None:
    load_openml(61, DataSpec(openml=61), "classification")
    cached = tmp_path / "cache" / "silkscreen" / "openml" / "61.arff"
    cached.write_bytes(cached.read_bytes()[:-10])
    text = error_of()
    assert text.startswith("openml 61: the file's MD5 sum must be ad484452702105cbf3d30f8deaba39a9, but is ")
    assert text.endswith(f"; the cached copy is damaged: delete {cached.with_suffix('.json')} and {cached}")


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"data_set_description": 3}', b"<html>"])
def test_an_answer_of_another_kind_is_refused(server: Server, answer: bytes) -> None:
    server.answers["/api/v1/json/data/61"] = answer
    assert error_of() == "openml 61: the description is not what OpenML gives"


def test_another_format_is_refused(server: Server) -> None:
    with_description(server, format="Sparse_ARFF")
    assert error_of() == "openml 61: OpenML offers it as 'Sparse_ARFF', only ARFF is read"


def test_without_network_and_cache_the_way_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("SILKSCREEN_OPENML", "http://127.0.0.1:9")
    assert error_of() == (
        f"openml 61: not in the cache ({tmp_path / 'silkscreen' / 'openml'}), and "
        "http://127.0.0.1:9/api/v1/json/data/61 can't be reached ([Errno 111] Connection refused); connect "
        "once, or give a file of your own: --set 'data={csv: FILE, target: COLUMN}'"
    )


def test_only_web_addresses_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("SILKSCREEN_OPENML", "file://")
    assert error_of() == "openml 61: the address must be http or https, not file:/api/v1/json/data/61"
