"""Which family won where on the front."""

from dataclasses import dataclass

from nas.report.data import FrontPoint, MetricFact, ReportData


@dataclass(frozen=True, slots=True)
class FamilyShare:
    """The designs of a family on the front.

    share: of the front's designs. stretches: the ranges of cost in which it holds the front, lowest first,
    from the cheapest design to the dearest of each. best: its best value of the quality.
    """

    family: str
    n_designs: int
    share: float
    stretches: tuple[tuple[float, float], ...]
    best: float


@dataclass(frozen=True, slots=True)
class FamilyShares:
    """cost: the first objective that is minimized. quality: the first that is maximized."""

    cost: MetricFact
    quality: MetricFact
    families: tuple[FamilyShare, ...]


def family_shares(report: ReportData) -> FamilyShares | None:
    """The families of the front, the one with the cheapest design first.

    None where the front has one family only, or the objectives do not hold a cost and a quality.
    """
    cost = next((metric for metric in report.objectives if metric.direction == "min"), None)
    quality = next((metric for metric in report.objectives if metric.direction == "max"), None)
    families = {point.family for point in report.front}
    if cost is None or quality is None or len(families) < 2:
        return None
    ordered = sorted(report.front, key=lambda point: point.metrics[cost.name])
    shares = []
    for family in dict.fromkeys(point.family for point in ordered):
        own = [point for point in ordered if point.family == family]
        best = max(point.metrics[quality.name] for point in own)
        stretches = _stretches(ordered, family, cost.name)
        shares.append(FamilyShare(family, len(own), len(own) / len(ordered), stretches, best))
    return FamilyShares(cost, quality, tuple(shares))


def _stretches(ordered: list[FrontPoint], family: str, cost: str) -> tuple[tuple[float, float], ...]:
    stretches: list[tuple[float, float]] = []
    going_on = False
    for point in ordered:
        value = point.metrics[cost]
        if point.family == family:
            start = stretches.pop()[0] if going_on else value
            stretches.append((start, value))
        going_on = point.family == family
    return tuple(stretches)
