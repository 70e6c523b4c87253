"""The certificate holds for every lowered MLP, and for no circuit that was changed."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.circuit import Certificate, CertificateError, CircuitError, certify, lower
from codegen.circuit.forms import LinearForm
from tests.codegen.c.golden_networks import small_mlp, small_tree
from tests.codegen.circuit.libraries import EGFET, LIBRARIES
from tests.networks import bespoke_mlps


def changed_sum(circuit, **changes):
    """The circuit with another last sum."""
    return replace(circuit, sums=(*circuit.sums[:-1], replace(circuit.sums[-1], **changes)))


def changed_adder(circuit, **changes):
    """The circuit with another first adder of its last sum."""
    result = circuit.sums[-1].result
    adders = (replace(result.adders[0], **changes), *result.adders[1:])
    return changed_sum(circuit, result=replace(result, adders=adders))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(bespoke_mlps(max_width=5, max_terms=3), st.sampled_from(LIBRARIES))
def test_every_lowered_mlp_is_certified(network, library):
    circuit = lower(network, library)
    assert certify(network, circuit).n_sums <= len(circuit.sums)


def test_a_certificate_counts_what_it_covers():
    circuit = lower(small_mlp(), EGFET)
    n_adders = len({(frozenset(a.inputs), a.one) for built in circuit.sums for a in built.result.adders})
    assert certify(small_mlp(), circuit) == Certificate(n_sums=len(circuit.sums), n_adders=n_adders)
    assert n_adders > 5


def test_another_sum_is_refused():
    circuit = lower(small_mlp(), EGFET)
    form = circuit.sums[-1].form
    other = changed_sum(circuit, form=LinearForm(form.constant + 1, form.coefficients))
    with pytest.raises(CertificateError, match=r"layer 1, sum \d: what is added up is not what the network"):
        certify(small_mlp(), other)


def test_an_adder_at_the_wrong_weight_is_refused():
    circuit = lower(small_mlp(), EGFET)
    column = circuit.sums[-1].result.adders[0].column
    with pytest.raises(CertificateError, match=r"layer 1, sum \d: its adders do not give its result"):
        certify(small_mlp(), changed_adder(circuit, column=column - 1 if column else 1))


def test_an_adder_whose_gates_do_not_add_is_refused():
    circuit = lower(small_mlp(), EGFET)
    total = circuit.sums[-1].result.adders[0].total
    with pytest.raises(CertificateError, match=r"the adder of column \d+ does not add \(0, 0.*\) to \d"):
        certify(small_mlp(), changed_adder(circuit, total=total ^ 1))


def test_an_adder_that_reads_something_else_is_refused():
    circuit = lower(small_mlp(), EGFET)
    with pytest.raises(CertificateError, match="an adder reads what is none of its inputs"):
        certify(small_mlp(), changed_adder(circuit, inputs=(1, 0)))


def test_a_missing_carry_is_refused():
    circuit = lower(small_mlp(), EGFET)
    with pytest.raises(CertificateError, match="a sum or a carry that is needed was not built"):
        certify(small_mlp(), changed_adder(circuit, carry=None))


def test_a_tree_has_no_sums_to_certify():
    with pytest.raises(CircuitError, match="certificate: the body must be a BespokeMlp, not a DecisionTree"):
        certify(small_tree(), lower(small_tree(), EGFET))
