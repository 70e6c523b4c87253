"""Random bespoke MLPs that span what the searches produce, for fitting and testing the MCU model."""

import numpy as np

from codegen.ir import (
    BespokeMlp,
    ClassOutput,
    Clip,
    Comparison,
    Feature,
    Interface,
    Layer,
    Network,
    Neuron,
    Term,
    Value,
    ValueOutput,
)


def random_mlp(rng: np.random.Generator) -> Network:
    """A network of 3 to 40 features, no to two hidden layers, 2 to 10 classes or one value.

    Its weight form (power of two, two signed digits, ternary), the share of absent inputs, the share of
    masked inputs and all widths are drawn for the whole network.
    """
    n_features, bits = int(rng.integers(3, 41)), int(rng.integers(2, 9))
    classes = rng.random() < 0.85
    n_outputs = int(rng.integers(2, 11)) if classes else 1
    hidden = [int(rng.integers(2, 13)) for _ in range(int(rng.choice([0, 1, 1, 1, 2])))]
    style = _Style(rng)
    layers, ceiling, n_inputs = [], (1 << bits) - 1, n_features
    for width in hidden:
        neurons = tuple(style.neuron(n_inputs, ceiling) for _ in range(width))
        clip = style.clip(neurons)
        layers.append(Layer(neurons, clip))
        ceiling, n_inputs = (1 << clip.bits) - 1, width
    layers.append(Layer(tuple(style.neuron(n_inputs, ceiling) for _ in range(n_outputs))))
    output: ClassOutput | ValueOutput = ValueOutput((Value("y", 1.0, 0.0),))
    if classes:
        output = ClassOutput(tuple(f"c{index}" for index in range(n_outputs)))
    reduced = classes and rng.random() < 0.25
    argmax = _tournament(rng, n_outputs) if reduced else None
    features = random_features(rng, n_features, bits)
    return Network(Interface(features, output), BespokeMlp(tuple(layers), argmax))


def random_features(
    rng: np.random.Generator, n_features: int, bits: int, *, signed: bool = False
) -> tuple[Feature, ...]:
    """All alike; or from 0 to ends of few significant bits; or with ranges as data has them."""
    kind = int(rng.integers(0, 3))
    lows, ends = np.zeros(n_features), np.ones(n_features)
    if kind == 1:
        ends = 2.0 ** rng.integers(-4, 8, n_features)
    elif kind == 2:
        lows = rng.normal(0, 5, n_features)
        ends = lows + rng.uniform(0.5, 20, n_features)
    return tuple(
        Feature(f"f{index}", float(np.float32(lo)), float(np.float32(hi)), bits, signed)
        for index, (lo, hi) in enumerate(zip(lows, ends, strict=True))
    )


class _Style:
    """How one network's weights look."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._n_digits = int(rng.choice([1, 1, 1, 2]))
        self._max_shift = int(rng.choice([0, 4, 6]))
        self._density = rng.uniform(0.25, 1.0)
        self._masked = float(rng.choice([0.0, rng.uniform(0, 1), 0.9]))

    def neuron(self, n_inputs: int, ceiling: int) -> Neuron:
        rng, terms = self._rng, []
        for index in range(n_inputs):
            if rng.random() >= self._density:
                continue
            mask = int(rng.integers(1, ceiling + 1)) if rng.random() < self._masked else ceiling
            shifts = rng.choice(self._max_shift + 1, min(self._n_digits, self._max_shift + 1), replace=False)
            terms += [Term(index, int(shift), mask, 1 if rng.random() < 0.5 else -1) for shift in shifts]
        rest = sum(term.sign * (term.mask << term.shift) for term in terms) // 2
        spread = 1 + sum(term.mask << term.shift for term in terms) // 4
        return Neuron(int(rng.integers(-spread, spread + 1)) - rest, tuple(terms))

    def clip(self, neurons: tuple[Neuron, ...]) -> Clip:
        """Keeps about as many high bits as the sums have, so that activations use their width."""
        bits = int(self._rng.integers(2, 9))
        largest = max(
            neuron.bias + sum(term.mask << term.shift for term in neuron.terms if term.sign > 0)
            for neuron in neurons
        )
        excess = max(largest, 1).bit_length() - bits
        return Clip(max(0, excess - int(self._rng.integers(0, 3))), bits)


def _tournament(rng: np.random.Generator, n_outputs: int) -> tuple[Comparison, ...]:
    """Winner after winner against the next output, each looking at all but the lowest few bits."""
    matches, left = [], 0
    for right in range(1, n_outputs):
        matches.append(Comparison(left, right, -(1 << int(rng.integers(0, 5)))))
        left = n_outputs + right - 1
    return tuple(matches)


def random_codes(network: Network, n_rows: int, rng: np.random.Generator) -> np.ndarray:
    """(n_rows, n_features) codes over the full range."""
    top = [feature.code_hi for feature in network.interface.features]
    return rng.integers(0, np.array(top) + 1, (n_rows, len(top)))
