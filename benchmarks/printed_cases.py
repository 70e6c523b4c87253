"""The data sets of `printed.py`, the circuits others published for them, and the figures to reach.

Published circuits: released Verilog of DATE 2024 ("Embedding Hardware Approximations in Discrete
Genetic-based Training for Printed MLPs") and ICCAD 2023 ("Bespoke Approximation of
Multiplication-Accumulation and Activation Targeting Printed Multilayer Perceptrons"), and the exact 8-bit
bespoke MLP that both start from, all through the same yosys and ABC; accuracies on the papers' own single
split. CART: untuned scikit-learn trees through the same flow, means over ten splits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Group: TypeAlias = Literal["mlp", "tree", "gates"]
"""Whose designs a figure is of: MLPs, trees, or what the gate-level search made of either."""

Search: TypeAlias = Literal["trees", "mlp"]


@dataclass(frozen=True, slots=True)
class Point:
    """Test accuracy, as a share of 1, at an area in cm2."""

    accuracy: float
    area_cm2: float

    def __str__(self) -> str:
        return f"{self.accuracy:.3f} @ {self.area_cm2:g}"


@dataclass(frozen=True, slots=True)
class PowerBar:
    """A gate-level design that reaches the accuracy of `point` must leak less than this."""

    point: Point
    supply_v: float
    limit_mw: float


@dataclass(frozen=True, slots=True)
class Case:
    """A data set. bars: to reach, by group. base: the exact 8-bit bespoke MLP.

    spaces, evaluations and limits: of the spec, by search. seconds: of processor time that a search of one
    split may take.
    """

    name: str
    file: str
    date24: Point
    iccad23: Point
    base: Point
    cart: tuple[Point, ...]
    bars: Mapping[Group, tuple[Point, ...]]
    power: PowerBar
    spaces: Mapping[Search, tuple[Mapping[str, object], ...]]
    seconds: Mapping[Search, float]
    evaluations: Mapping[Search, int]
    limits: Mapping[Search, Mapping[str, object]] = field(default_factory=dict)


def _points(*pairs: tuple[float, float]) -> tuple[Point, ...]:
    return tuple(Point(*pair) for pair in pairs)


def _mlp(hidden: str, **options: object) -> Mapping[str, object]:
    fixed = {"input_bits": 4, "weights": "power_of_two", "argmax": "reduced"}
    return {"approximate_mlp": {"hidden": hidden, **fixed, **options}}


_TREES: tuple[Mapping[str, object], ...] = ({"decision_tree": {}}, {"gate_netlist": {}})
_LARGE_TREES: tuple[Mapping[str, object], ...] = (
    {"decision_tree": {"prices": [0.7, 0.4, 0.25, 0.15, 0.09, 0.05, 0.03, 0.02]}},
    {"gate_netlist": {"prices": [0.01, 0.02, 0.03, 0.05, 0.08, 0.2, 0.35, 0.6]}},
)
"""Lower prices: on 7,700 rows of ten classes a small gain in accuracy is worth more area."""
_DISTILLED: tuple[Mapping[str, object], ...] = (
    _mlp("2..4", distill="forest"),
    _mlp("2..4", distill="forest", argmax="exact"),
)
"""Validation rows prefer the exact argmax on the wines, area the reduced one."""
_BUDGET: Mapping[Search, int] = {"trees": 10_000, "mlp": 1_800_000}
_SMALL: Mapping[Search, float] = {"trees": 120.0, "mlp": 120.0}

CASES = (
    Case(
        name="wisconsin",
        file="breast_cancer.csv",
        date24=Point(0.942, 0.0325),
        iccad23=Point(0.946, 2.99),
        base=Point(0.9366, 11.3243),
        cart=_points((0.939, 0.035), (0.944, 0.082)),
        bars={
            "mlp": _points((0.955, 0.02)),
            "tree": _points((0.955, 0.010)),
            "gates": _points((0.960, 0.010)),
        },
        power=PowerBar(Point(0.960, 0.010), 0.6, 0.1),
        spaces={"trees": _TREES, "mlp": (_mlp("2..3"),)},
        seconds=_SMALL,
        evaluations=_BUDGET,
    ),
    Case(
        name="cardio",
        file="cardio.csv",
        date24=Point(0.873, 1.05),
        iccad23=Point(0.862, 6.63),
        base=Point(0.9013, 23.8657),
        cart=_points((0.868, 0.043), (0.897, 0.080), (0.906, 0.186)),
        bars={
            "mlp": _points((0.873, 0.055), (0.888, 0.20), (0.895, 0.33)),
            "tree": _points((0.905, 0.085), (0.913, 0.16)),
            "gates": _points((0.893, 0.038), (0.902, 0.055), (0.909, 0.072), (0.913, 0.10)),
        },
        power=PowerBar(Point(0.902, 0.055), 0.6, 0.1),
        spaces={"trees": _TREES, "mlp": (_mlp("3"),)},
        seconds=_SMALL,
        evaluations=_BUDGET,
    ),
    Case(
        name="pendigits",
        file="pendigits.csv",
        date24=Point(0.901, 10.5),
        iccad23=Point(0.891, 13.8),
        base=Point(0.953, 64.9676),
        cart=_points((0.872, 0.459), (0.920, 0.915), (0.950, 1.69)),
        bars={
            "mlp": _points((0.900, 4.0), (0.925, 5.2)),
            "tree": _points((0.935, 0.55), (0.950, 0.75)),
            "gates": _points((0.942, 0.36), (0.952, 0.48), (0.963, 1.0)),
        },
        power=PowerBar(Point(0.950, 0.50), 1.0, 1.6),
        spaces={"trees": _LARGE_TREES, "mlp": (_mlp("5..8"),)},
        seconds={"trees": 360.0, "mlp": 600.0},
        evaluations={"trees": 10_000, "mlp": 3_000_000},
        limits={"mlp": {"accuracy": {"min": 0.8}}},
    ),
    Case(
        name="red_wine",
        file="red_wine.csv",
        date24=Point(0.519, 0.0317),
        iccad23=Point(0.567, 2.35),
        base=Point(0.5938, 16.5416),
        cart=_points((0.548, 0.018), (0.557, 0.057), (0.577, 0.153)),
        bars={
            "mlp": _points((0.572, 0.045)),
            "tree": _points((0.590, 0.08)),
            "gates": _points((0.573, 0.020), (0.589, 0.055), (0.600, 0.085)),
        },
        power=PowerBar(Point(0.589, 0.055), 0.6, 0.1),
        spaces={"trees": _TREES, "mlp": _DISTILLED},
        seconds=_SMALL,
        evaluations={**_BUDGET, "mlp": 1_600_000},
    ),
    Case(
        name="white_wine",
        file="white_wine.csv",
        date24=Point(0.514, 0.171),
        iccad23=Point(0.527, 5.33),
        base=Point(0.5463, 29.6156),
        cart=_points((0.517, 0.051), (0.526, 0.155), (0.545, 0.611)),
        bars={
            "mlp": _points((0.526, 0.12), (0.533, 0.17)),
            "tree": _points((0.540, 0.09), (0.551, 0.25)),
            "gates": _points((0.525, 0.025), (0.540, 0.072), (0.553, 0.17), (0.558, 0.22)),
        },
        power=PowerBar(Point(0.525, 0.025), 0.6, 0.1),
        spaces={"trees": _TREES, "mlp": _DISTILLED},
        seconds=_SMALL,
        evaluations={**_BUDGET, "mlp": 1_100_000},
    ),
)
