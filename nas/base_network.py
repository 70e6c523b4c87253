"""The trained network of a stage that searches masks, kept in the archive of the run.

A resumed run and the report decode rows over the network that the search had, whatever training would give
today.
"""

from codegen.ir import Network
from nas.archive import Archive
from nas.gene_search import GeneProblem
from nas.records import BASE, Event
from searchspaces.approximate_mlp import MaskGenes


def kept_base(name: str, archive: Archive) -> Network | None:
    """The network of a stage, or None where it has none or has not begun. Raises ArchiveError."""
    for event in archive.events():
        if event.kind == BASE and event.facts["stage"] == name:
            return archive.network(str(event.facts["network"]))
    return None


def keep_base(problem: GeneProblem, archive: Archive) -> None:
    """Writes down the network of a stage that has one, unless it is there already."""
    if not isinstance(problem.space, MaskGenes) or kept_base(problem.name, archive) is not None:
        return
    network = archive.put_network(problem.space.base)
    text = f"{problem.name}: masks of a network trained by gradient, {network[:12]}"
    archive.append(Event(BASE, text, 0.0, {"stage": problem.name, "network": network}))
