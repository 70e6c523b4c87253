"""Export of a network file, such as an imported one, without a run."""

from pathlib import Path

import numpy as np

from codegen.ir import FormObjective, Network, PatchSchedule, TensorNet
from codegen.ir.serialize import read_network
from nas.errors import RunError
from nas.handover import CLayout, EmitOptions, Export, Vectors, check_proofs, export_network

SEED = 0
N_VECTORS = 64
"""Random rows that stand in the self-test, since a network file comes without data."""


def export_file(
    path: Path,
    out: Path,
    *,
    layout: CLayout = "cmake",
    board: str | None = None,
    patches: PatchSchedule | None = None,
    objective: FormObjective = "balanced",
    require_proof: bool = False,
) -> Export:
    """Emits and proves the network of a file: C, and Verilog where the network is bespoke.

    board: a name or the path of a .yaml file, that the C is for; where it is None, see `EmitOptions`.
    objective: what the form of the C is chosen for. patches: that a tensor network runs in. Raises IrError
    for a file that holds no network, EmitError for operators without a C form, PlanError for patches that do
    not fit, and ProofError as `nas.api.export` does.
    """
    from hwmodels.mcu import McuModel

    network = read_network(path)
    if patches is not None and not isinstance(network.body, TensorNet):
        raise RunError(f"{path}: only a tensor network runs in patches; leave them out")
    options = EmitOptions(
        name=path.stem,
        verilog_style=None if isinstance(network.body, TensorNet) else "word",
        c_layout=layout,
        models=() if board is None else (McuModel(board, objective),),
        patches=patches,
        objective=objective,
    )
    export = export_network(network, _random_vectors(network), out, options=options, seed=SEED)
    check_proofs(export, require_proof=require_proof)
    return export


def _random_vectors(network: Network) -> Vectors:
    """Rows over the full range of every feature, the first two all lowest and all highest; no raw rows."""
    features = network.interface.features
    lo = np.array([feature.code_lo for feature in features])
    hi = np.array([feature.code_hi for feature in features])
    codes = np.random.default_rng(SEED).integers(lo, hi + 1, (N_VECTORS, len(features))).astype(np.int32)
    codes[0], codes[1] = lo, hi
    return Vectors(codes, np.zeros((0, len(features)), dtype=np.float32))
