"""Whatever is done to a spec, reading it gives a Spec or a SpecError, and its text reads back equal."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nas.spec import Spec, SpecError
from nas.specfile import parse_spec, spec_text
from tests.specs import SPEC

PIECES = (
    *"null [] {} -1 1e999 true ' \" { ] : - &a *a !!int | % 0x1F 2..1 .. ~ ? a.b.c '' <<: ,".split(" "),  # noqa: SIM905
    *"\t\u00e9\x7f\u2028",
)
PATHS = (
    *(
        "version",
        "seed",
        "data",
        "data.csv",
        "split.test",
        "split.validation",
        "emit",
        "emit.winners",
    ),
    *("space", "space.0", "space.0.approximate_mlp.hidden", "space.0.approximate_mlp.weights"),
    *("hardware.egfet", "hardware.egfet.supply_v", "hardware.egfet.cells"),
    *("objectives", "objectives.accuracy", "limits.egfet.power_mw", "limits.egfet.power_mw.max"),
    *("search.population", "search.seed_with_gradients"),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def read_or_refuse(text: str, *overrides: str) -> Spec | None:
    """The spec, or None where it is refused with problems that can be shown."""
    try:
        return parse_spec(text, name="spec.yaml", overrides=overrides)
    except SpecError as error:
        shown = [str(problem).encode("utf-8") for problem in error.problems]
        texts = [problem.text for problem in error.problems]
    assert shown
    assert all(texts)
    return None


@st.composite
def damaged_specs(draw: st.DrawFn) -> str:
    """The text of a valid spec after a few random edits."""
    lines = SPEC.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        row = draw(st.integers(0, len(lines) - 1))
        line = lines[row]
        start = draw(st.integers(0, len(line)))
        end = draw(st.integers(start, len(line)))
        piece = draw(st.sampled_from(PIECES) | st.text(max_size=5))
        match draw(st.sampled_from(["delete", "cut", "replace", "swap", "double", "indent"])):
            case "delete" if len(lines) > 1:
                del lines[row]
            case "cut":
                lines[row] = line[:start] + line[end:]
            case "replace":
                lines[row] = line[:start] + piece + line[end:]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[row], lines[other] = lines[other], lines[row]
            case "double":
                lines.insert(row, line)
            case "indent":
                lines[row] = "  " + line
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(damaged_specs())
def test_a_damaged_spec_is_a_spec_or_problems(text: str) -> None:
    read_or_refuse(text)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(PATHS), VALUES)
def test_any_value_anywhere_is_a_spec_or_problems(path: str, value: object) -> None:
    read_or_refuse(SPEC, f"{path}={json.dumps(value)}")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_problems(data: bytes) -> None:
    assert read_or_refuse(data.decode("latin-1")) is None


@st.composite
def overrides_of_valid_specs(draw: st.DrawFn) -> tuple[str, ...]:
    """Some changes that leave the spec valid."""
    text = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
    values = {
        "seed": st.integers(0, 2**32 - 1),
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,20}", fullmatch=True),
        "data": st.builds(
            lambda csv, target, drop: {"csv": csv, "target": target, "drop": drop},
            text,
            text,
            st.lists(text, max_size=3),
        ),
        "split.test": st.floats(0.01, 0.99),
        "split.validation": st.floats(0.01, 0.99) | st.builds(lambda k: {"folds": k}, st.integers(2, 50)),
        "limits.egfet.power_mw": st.builds(lambda top: {"max": top}, st.floats(0, 1e9)),
        "limits.macs": st.builds(lambda low: {"min": low}, st.integers(0, 10**30)),
        "search": st.builds(
            lambda n, minutes: {"evaluations": n, "minutes": minutes},
            st.integers(1, 10**12),
            st.floats(1e-6, 1000),
        ),
        "search.seed_with_gradients": st.booleans() | st.integers(1, 10_000),
        "emit": st.sampled_from([{}, {"c": {}}, {"verilog": {}}, {"winners": ["best_accuracy"]}]),
    }
    chosen = draw(st.lists(st.sampled_from(list(values)), unique=True))
    return tuple(f"{path}={json.dumps(draw(values[path]))}" for path in chosen)


@settings(max_examples=60, deadline=None)
@given(overrides_of_valid_specs())
def test_the_text_of_a_spec_reads_back_equal(overrides: tuple[str, ...]) -> None:
    spec = read_or_refuse(SPEC, *overrides)
    if spec is not None:
        assert parse_spec(spec_text(spec)) == spec
