"""The roles that designs of the front are chosen for."""

from collections.abc import Iterable

from nas.spec.metrics import SHARE_METRICS

KNEE = "knee"
BEST = "best_"
"""Before the name of an objective."""
ONE_STANDARD_ERROR = "one_standard_error"


def known_roles(objectives: Iterable[str]) -> list[str]:
    """What `emit.winners` may name with these objectives."""
    names = list(objectives)
    in_shares = [ONE_STANDARD_ERROR] if SHARE_METRICS.intersection(names) else []
    return [KNEE, *(BEST + name for name in names), *in_shares]
