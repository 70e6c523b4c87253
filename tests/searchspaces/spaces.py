"""Small spaces that the tests of this folder share."""

from codegen.ir import ClassOutput, Feature, Interface, Value, ValueOutput
from searchspaces.approximate_mlp import ApproximateMlpAxes, ApproximateMlpGenes, parse_options


def interface(n_features: int = 4, n_classes: int = 3, bits: int = 4) -> Interface:
    """Features x0, x1, ... over 0..1, and classes named by their index."""
    return Interface(
        tuple(Feature(f"x{index}", 0.0, 1.0, bits) for index in range(n_features)),
        ClassOutput(tuple(str(index) for index in range(n_classes))),
    )


def value_interface() -> Interface:
    """Three features of different widths and one value."""
    features = tuple(Feature(f"x{bits}", 0.0, 1.0, bits) for bits in (1, 3, 4))
    return Interface(features, ValueOutput((Value("y", 0.01, 5.0),)))


GENE_OPTIONS: tuple[dict[str, object], ...] = (
    {"hidden": 3},
    {"hidden": [3, "2..4"], "weights": {"signed_digits": 2}, "activation_bits": "3..8"},
    {"hidden": 2, "weights": "ternary", "argmax": "reduced"},
    {"hidden": 3, "masks": False, "argmax": ["exact", "reduced"]},
    {"hidden": 2, "masks": False, "input_bits": 4, "activation_bits": "2..6", "activation_shift": 3},
)

AXIS_OPTIONS: tuple[dict[str, object], ...] = (
    {},
    {
        "hidden": ["0..4", "0..3"],
        "weights": ["ternary", {"signed_digits": 2}],
        "argmax": ["exact", "reduced"],
    },
    {"hidden": 4, "input_bits": 4, "activation_bits": "4..8", "activation_shift": "auto", "pressure": 0},
)


def genes(options: dict[str, object], over: Interface | None = None) -> ApproximateMlpGenes:
    """A gene space of these options."""
    return ApproximateMlpGenes(parse_options(options), over or interface())


def axes(options: dict[str, object], n_features: int = 4, n_outputs: int = 3) -> ApproximateMlpAxes:
    """An axis space of these options."""
    return ApproximateMlpAxes(parse_options({**options, "detail": "axes"}), n_features, n_outputs)
