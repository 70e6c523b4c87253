"""Counts of a population equal those of its networks."""

from hypothesis import given
from hypothesis import strategies as st

from codegen.ir import Interface, MlpBatch
from codegen.ir.batch import network_of
from codegen.ir.batch_counts import count_batch
from codegen.ir.counts import count
from tests.networks import mlp_batches


@given(st.data())
def test_counts_of_a_population_equal_those_of_its_networks(data: st.DataObject) -> None:
    batch, interface = data.draw(mlp_batches())
    assert_equal_counts(interface, batch)


def assert_equal_counts(interface: Interface, batch: MlpBatch) -> None:
    counts = count_batch(batch)
    for index in range(batch.n_networks):
        expected = count(network_of(batch, index, interface))
        found = tuple(int(column[index]) for column in counts)
        assert found == (expected.macs, expected.flops, expected.parameters)
