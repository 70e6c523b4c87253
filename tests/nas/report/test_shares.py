"""Which family won where."""

from dataclasses import replace

from nas.report.answer import stretches
from nas.report.data import FrontPoint
from nas.report.shares import family_shares
from tests.nas.report.sample import mixed_report, sample_report


def point(family: str, area: float, accuracy: float) -> FrontPoint:
    return FrontPoint(f"{area}", family, {"egfet.area_cm2": area, "accuracy": accuracy})


def test_a_family_holds_the_front_in_stretches() -> None:
    front = (
        point("tree", 0.4, 0.9),
        point("gates", 0.1, 0.7),
        point("gates", 0.2, 0.8),
        point("gates", 0.5, 0.95),
    )
    found = family_shares(replace(mixed_report(), front=front))
    assert found is not None
    gates, tree = found.families
    assert (gates.family, gates.n_designs, gates.share, gates.best) == ("gates", 3, 0.75, 0.95)
    assert gates.stretches == ((0.1, 0.2), (0.5, 0.5))
    assert tree.stretches == ((0.4, 0.4),)


def test_one_family_has_nobody_to_win_against() -> None:
    assert family_shares(sample_report()) is None


def test_without_a_quality_there_is_no_table() -> None:
    report = mixed_report()
    metrics = tuple(replace(metric, objective=metric.direction == "min") for metric in report.metrics)
    assert family_shares(replace(report, metrics=metrics)) is None


def test_stretches_are_told_in_words() -> None:
    assert stretches(((0.1, 0.2), (0.5, 0.5))) == "0.1000 to 0.2000 and 0.5000"
    many = tuple((float(n), n + 0.5) for n in range(1, 6))
    assert stretches(many) == "1 to 5.500, in 5 stretches"
