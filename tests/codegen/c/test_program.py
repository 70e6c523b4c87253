"""A bespoke MLP as products, sums and groups."""

from codegen.c.program import Product, mlp_program
from codegen.ir import BespokeMlp, Clip, Feature, Interface, Layer, Network, Neuron, Term, Value, ValueOutput


def network(layers: tuple[Layer, ...], n_features: int = 2, bits: int = 4) -> Network:
    features = tuple(Feature(f"f{index}", 0.0, 1.0, bits) for index in range(n_features))
    n_outputs = len(layers[-1].neurons)
    output = ValueOutput(tuple(Value(f"y{index}", 1.0, 0.0) for index in range(n_outputs)))
    return Network(Interface(features, output), BespokeMlp(layers))


def test_terms_on_the_same_bits_become_one_product() -> None:
    neuron = Neuron(3, (Term(0, 3, 15, 1), Term(0, 0, 15, -1), Term(0, 1, 5, 1), Term(1, 0, 2, -1)))
    (layer,) = mlp_program(network((Layer((neuron,)),))).layers
    assert layer.sums[0].products == (Product(0, None, 7), Product(0, 5, 2), Product(1, 2, -1))


def test_terms_that_cancel_leave_no_product() -> None:
    neuron = Neuron(3, (Term(0, 3, 15, 1), Term(0, 3, 15, -1)))
    (layer,) = mlp_program(network((Layer((neuron,)),))).layers
    assert layer.sums[0].products == ()


def test_the_bounds_hold_every_partial_sum() -> None:
    neuron = Neuron(-100, (Term(0, 3, 15, 1), Term(1, 0, 2, -1)))
    (layer,) = mlp_program(network((Layer((neuron,)),))).layers
    assert (layer.sums[0].lo, layer.sums[0].hi) == (-102, 120)
    assert not layer.wide


def test_a_sum_beyond_32_bits_is_wide() -> None:
    neuron = Neuron(1 << 32, (Term(0, 3, 15, 1),))
    (layer,) = mlp_program(network((Layer((neuron,)),))).layers
    assert layer.wide


def test_neurons_that_are_always_zero_or_never_read_vanish() -> None:
    hidden = Layer(
        (
            Neuron(-500, (Term(0, 0, 15, 1),)),
            Neuron(5, (Term(0, 0, 15, 1),)),
            Neuron(5, (Term(1, 0, 15, 1),)),
        ),
        Clip(0, 4),
    )
    last = Layer((Neuron(0, (Term(0, 0, 15, 1), Term(1, 0, 15, 1))),))
    first, second = mlp_program(network((hidden, last))).layers
    assert first.neurons == (1,)
    assert first.n_products == 1
    assert second.sums[0].products == (Product(0, None, 1),)


def test_a_layer_that_nothing_reads_keeps_one_empty_neuron() -> None:
    hidden = Layer((Neuron(5, (Term(0, 0, 15, 1),)), Neuron(6, ())), Clip(0, 4))
    first = mlp_program(network((hidden, Layer((Neuron(3, ()),))))).layers[0]
    assert (first.neurons, first.n_products, first.silent(0)) == ((0,), 0, True)


def test_groups_are_of_nearly_equal_size() -> None:
    layer = Layer(tuple(Neuron(index, (Term(0, 0, 1, 1),)) for index in range(11)))
    (program,) = mlp_program(network((layer,))).layers
    assert program.groups == (range(3), range(3, 7), range(7, 11))
    assert program.n_loads == 3
