"""One random network in every form: evaluate = batch = C on host and cores = simulated Verilog = netlist."""

from collections.abc import Callable

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.c import emit_c
from codegen.ir.batch import network_of, outputs_batch, pack_samples, predict_batch
from codegen.ir.evaluate import evaluate, outputs
from codegen.ir.interface import ClassOutput
from codegen.verify import verify_c, verify_verilog
from codegen.verilog import emit_verilog
from tests.networks import codes_for, mlp_batches


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(population=mlp_batches(), seed=st.integers(0, 2**16))
def test_every_form_of_a_network_gives_the_same_answers(
    requires_tool: Callable[..., None], population: tuple, seed: int
) -> None:
    requires_tool("gcc", "iverilog", "vvp", "yosys", "arm-none-eabi-gcc", "qemu-system-arm")
    batch, interface = population
    network = network_of(batch, 0, interface)
    codes = codes_for(interface, 50, seed)
    samples = pack_samples(codes)
    assert np.array_equal(outputs_batch(batch, samples)[0].T, outputs(network, codes))
    if isinstance(interface.output, ClassOutput):
        assert np.array_equal(predict_batch(batch, samples)[0], evaluate(network, codes))
    proofs = (
        *verify_verilog(
            network, emit_verilog(network, name="net", vectors=codes), codes, seed=seed, n_random=200
        ),
        *verify_c(network, emit_c(network, name="net", vectors=codes), codes, seed=seed, n_random=200),
    )
    assert len(proofs) == 7
    for proof in proofs:
        assert (proof.status, proof.mismatches) == ("proven", 0), proof
        assert proof.all_inputs or proof.vectors >= 250
