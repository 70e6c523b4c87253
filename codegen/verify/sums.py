"""The certificate of a network's sums as a proof."""

from codegen.artifact import Proof
from codegen.cells import load_cells
from codegen.circuit import CertificateError, certify, lower
from codegen.ir.network import BespokeMlp, Network

CERTIFICATE = "certificate"
_TOOL = "silkscreen"


def prove_sums(network: Network) -> tuple[Proof, ...]:
    """Of an MLP, that the adders of its lowered circuit add up its sums, for all inputs.

    Empty for other bodies: a tree only compares, and the gates of a netlist are no known adders.
    """
    if not isinstance(network.body, BespokeMlp):
        return ()
    try:
        done = certify(network, lower(network, load_cells("egfet")))
    except CertificateError as error:
        return (Proof(CERTIFICATE, _TOOL, "mismatch", 0, 1, detail=str(error), all_inputs=True),)
    what = f"{done.n_sums} sums of {done.n_adders} adders in the lowered circuit, by algebra"
    return (Proof(CERTIFICATE, _TOOL, "proven", 0, 0, detail=what, all_inputs=True),)
