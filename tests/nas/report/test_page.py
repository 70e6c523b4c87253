"""The HTML page: offline, escaped, and with the answer first."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hwmodels.model import CostItem
from nas.report.answer import designs
from nas.report.data import BatteryFacts, HardwareCost, ReportData
from nas.report.page import compared_columns, embedded_json, render_page, tiles
from tests.nas.report.sample import mixed_report, sample_report

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)> & \"'`"


class Text(HTMLParser):
    """Collects the visible text, the elements, and what scripts hold."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.within = tag

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within == "script":
            self.scripts.append(data)
        elif self.within != "style" and data.strip():
            self.words.append(" ".join(data.split()))


def parsed(report: ReportData) -> Text:
    text = Text()
    text.feed(render_page(report))
    return text


@pytest.fixture(scope="module")
def page() -> Text:
    return parsed(sample_report())


def test_the_page_opens_with_the_answer(page: Text) -> None:
    start = page.words.index("cardio", 1)
    assert page.words[start + 2 : start + 8] == [
        "knee",
        "21-4-3 approximate MLP, 54 terms",
        sample_report().winners[0].id,
        "Fits: keeps both limits",
        "Proven bit for bit: verilog-iverilog, verilog-netlist, c-host and c-cortex-m4, 68,504 vectors",
        "test accuracy",
    ]


def test_the_sections_come_in_order(page: Text) -> None:
    order = [
        "Winners",
        "Pareto front",
        "Convergence",
        "Limits",
        "Cost on egfet",
        "Confusion matrix",
        "Proofs",
    ]
    places = [page.words.index(word) for word in [*order, "Emitted files", "The run"]]
    assert places == sorted(places)


def test_the_page_loads_nothing(page: Text) -> None:
    names = {tag for tag, _ in page.elements}
    assert not names & {"link", "img", "iframe", "object", "embed", "base"}
    assert all("src" not in attributes for _, attributes in page.elements)
    targets = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert targets
    assert not [target for target in targets if target and re.match(r"(?i)[a-z]+:|//", target)]
    styles = re.findall(r"<style>(.*?)</style>", render_page(sample_report()), re.DOTALL)
    assert "url(" not in "".join(styles)


def test_text_of_the_run_is_escaped_everywhere() -> None:
    report = sample_report()
    circuit = mixed_report().winners[0].circuits[0]
    knee = replace(
        report.winners[0],
        role=EVIL,
        design=EVIL,
        structure={EVIL: EVIL},
        costs=(HardwareCost(EVIL, {}, (CostItem(f"{EVIL}/{EVIL}/{EVIL}", EVIL, 1.0),)),),
        circuits=(replace(circuit, alias=EVIL, library=EVIL, batteries=(BatteryFacts(EVIL, 1.0),)),),
        files=(replace(report.winners[0].files[0], path=EVIL, about=EVIL),),
        proofs=(replace(report.winners[0].proofs[0], tool=EVIL, detail=EVIL),),
    )
    evil = replace(
        report,
        run=replace(report.run, name=EVIL, spec_text=EVIL, hardware={EVIL: EVIL}, versions={EVIL: EVIL}),
        data=replace(report.data, origin=EVIL, labels=(EVIL,) * 3, warnings=(EVIL,)),
        search=replace(report.search, stop_reason=EVIL, notes=(EVIL,)),
        front=(replace(report.front[0], design=EVIL, family=EVIL), report.front[1]),
        front_without_gates=(replace(report.front[0], design=EVIL),),
        metrics=(*report.metrics, replace(report.metrics[0], name=EVIL)),
        winners=(knee,),
    )
    sound, found = parsed(report), parsed(evil)
    assert len(found.scripts) == len(sound.scripts) == 3
    assert "img" not in {tag for tag, _ in found.elements}
    assert not any(name.startswith("on") for _, attributes in found.elements for name in attributes)
    facts = json.loads(found.scripts[0])
    assert facts["points"][0]["design"] == EVIL
    assert facts["winners"][0]["roles"] == [EVIL]


def test_json_in_the_page_can_not_end_its_element() -> None:
    text = embedded_json({"a": "</script><!--&"})
    assert not re.search("[<>&]", text)
    assert json.loads(text) == {"a": "</script><!--&"}


def test_the_tiles_show_the_task_on_the_test_part_and_then_costs() -> None:
    report = sample_report()
    found = [
        (tile.label, f"{tile.value} {tile.unit}".strip(), tile.remark)
        for tile in tiles(designs(report)[0], report)
    ]
    assert found == [
        ("test accuracy", "0.9154", "0.9182 in validation"),
        ("egfet.area_cm2", "3.195 cm²", ""),
        ("egfet.power_mw", "0.5432 mW", "at most 3 mW"),
        ("mcu.flash_bytes", "954 B", "at most 8.0 KiB"),
    ]


def test_winners_are_compared_by_objectives_and_limits() -> None:
    assert [column.title for column in compared_columns(sample_report())] == [
        "validation accuracy",
        "test accuracy",
        "egfet.area_cm2",
        "egfet.power_mw",
        "mcu.flash_bytes",
    ]


def test_winners_are_compared_by_training_validation_and_test_rows() -> None:
    titles = [column.title for column in compared_columns(mixed_report())]
    assert titles[:3] == ["training accuracy", "validation accuracy", "test accuracy"]


def test_families_stages_and_supplies_have_their_place() -> None:
    words = parsed(mixed_report()).words
    places = [
        words.index(word)
        for word in ("Winners", "Families on the front", "Pareto front", "Power by supply", "Cost on egfet")
    ]
    assert places == sorted(places)
    supply = words.index("0.6 V")
    assert words[supply : supply + 6] == ["0.6 V", "0.1150 mW", "0.1210 mW", "yes", "yes", "no"]
    assert words[words.index("layer 0, neuron 1") + 1] == "0.9905"


def test_both_fronts_are_listed_and_gate_level_designs_are_marked() -> None:
    report = mixed_report()
    words = parsed(report).words
    first = words.index("All designs of the front: 28 designs")
    second = words.index("The front without gate-level search: 19 designs")
    assert words[first:second].count("gate level") == 10
    end = words.index("Convergence")
    assert "gate level" not in words[second:end]
    facts = json.loads(parsed(report).scripts[0])
    assert len(facts["without_gates"]) == 19
    assert {point["family"] for point in facts["points"]} == {"gate_netlist-2", "approximate_mlp-1"}


def test_a_report_of_one_family_speaks_of_no_others(page: Text) -> None:
    assert "Families on the front" not in page.words
    assert not any("without gate-level" in word for word in page.words)


def test_a_run_that_goes_on_has_a_page_without_winners() -> None:
    report = sample_report()
    words = parsed(replace(report, winners=(), search=replace(report.search, stop_reason=""))).words
    assert "No design was chosen" in words
    assert "The run has not ended yet." in words


def test_an_empty_run_has_a_page() -> None:
    report = sample_report()
    course = replace(report.convergence, evaluations=(), seconds=(), best={}, hypervolume=())
    words = parsed(replace(report, winners=(), front=(), metrics=(), convergence=course)).words
    assert "Pareto front" not in words
    assert "Convergence" not in words
