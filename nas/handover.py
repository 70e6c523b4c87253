"""From a network to a folder of emitted files and the proofs that they compute what was measured.

The folder stands alone: `network.json`, `vectors.npz` (the data as codes and raw values), `manifest.json`
(what was emitted), `proofs.json`, and a folder for each target.
"""

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from codegen.artifact import Artifact, File, Proof
from codegen.cells import CellLibrary
from codegen.cores import Core, CoreError, load_core
from codegen.ir import Design, FormObjective, IrError, Network, PatchSchedule, Schedule, TensorNet
from codegen.ir.interface import CodeArray
from codegen.ir.serialize import read_network, write_network
from hwmodels.model import Workload
from nas.data.dataset import Dataset
from nas.data.images import seen_rows
from nas.errors import ProofError, RunError

if TYPE_CHECKING:
    from codegen.c import Foretold
    from hwmodels.mcu import McuModel

VerilogStyle: TypeAlias = Literal["word", "cells"]
CLayout: TypeAlias = Literal["cmake", "arduino", "platformio", "plain"]
N_RANDOM_VECTORS = 20_000
N_IMAGES = 1000
"""Rows of images and signals that the proofs run over; a row has hundreds of values."""
MANIFEST_VERSION = 1


@dataclass(frozen=True, slots=True)
class EmitOptions:
    """What to emit. None leaves a target out. name: that the emitted names begin with.

    library: of the Verilog style "cells"; None is egfet. models: of the boards that the C is for; it is made
    for the core of the first and proven on the core of each, and the self-test says what the first foretells.
    Where there is none, it is made for a Cortex-M4, and the proofs are those of
    `codegen.verify.c.USUAL_CORES`. objective: what the form of the C is chosen for. patches: that a tensor
    network runs in.
    """

    name: str
    verilog_style: VerilogStyle | None = "word"
    c_layout: CLayout | None = "cmake"
    library: CellLibrary | None = None
    models: "tuple[McuModel, ...]" = ()
    patches: PatchSchedule | None = None
    objective: FormObjective = "balanced"

    @property
    def cores(self) -> tuple[Core, ...]:
        """Of the boards, each once."""
        return tuple({model.board.core.name: model.board.core for model in self.models}.values())


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """The data that the proofs run over. codes and raw: (n_samples, n_features)."""

    codes: CodeArray
    raw: npt.NDArray[np.float32]


def data_vectors(dataset: Dataset, network: Network) -> Vectors:
    """The data set as a network sees it, or `N_IMAGES` rows of it. Raises RunError for other features."""
    x = dataset.table.x
    if dataset.table.shape is not None:
        rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), N_IMAGES)).astype(np.int64))
        x = seen_rows(dataset, rows, network.interface.n_features)
    if x.shape[1] != network.interface.n_features:
        raise RunError(
            f"the data must have the {network.interface.n_features} features of the network, not {x.shape[1]}"
        )
    return Vectors(network.interface.quantize(x), x.astype(np.float32))


@dataclass(frozen=True, slots=True)
class Export:
    """A written export. files: below folder, as emitted."""

    folder: Path
    files: tuple[Path, ...]
    proofs: tuple[Proof, ...]

    @property
    def mismatched(self) -> tuple[Proof, ...]:
        return tuple(proof for proof in self.proofs if proof.status == "mismatch")


def lacking(proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """Those that are not there where proof is required.

    What a tool left undecided is not lacking as long as something else is proven.
    """
    proven = any(proof.status == "proven" for proof in proofs)
    absent = {"missing"} if proven else {"missing", "undecided"}
    return tuple(proof for proof in proofs if proof.status in absent)


def export_network(
    network: Network,
    vectors: Vectors,
    folder: Path,
    *,
    options: EmitOptions,
    seed: int,
    note: Callable[[str], None] = lambda _: None,
) -> Export:
    """Emits, proves and writes a network; whether the proofs are good is `check_proofs`' to say."""
    artifacts = emit(network, options, vectors.codes)
    folder.mkdir(parents=True, exist_ok=True)
    write_network(network, folder / "network.json")
    np.savez_compressed(folder / "vectors.npz", codes=vectors.codes.astype(np.int32), raw=vectors.raw)
    files = tuple(path for artifact in artifacts for path in artifact.write(folder / artifact.target))
    _write_json(folder / "manifest.json", _manifest(artifacts, seed, options.cores))
    proofs = prove(network, artifacts, vectors, seed=seed, cores=options.cores, note=note)
    _write_json(folder / "proofs.json", [asdict(proof) for proof in proofs])
    return Export(folder, files, proofs)


def emit(network: Network, options: EmitOptions, codes: CodeArray) -> tuple[Artifact, ...]:
    """The artifacts of all wanted targets, in memory."""
    from codegen.c import DEFAULT_CORE, emit_c
    from codegen.verilog import emit_verilog

    artifacts = []
    if options.verilog_style is not None:
        artifacts.append(
            emit_verilog(
                network,
                name=options.name,
                style=options.verilog_style,
                vectors=codes,
                library=options.library,
            )
        )
    if options.c_layout is not None:
        core = options.cores[0] if options.cores else load_core(DEFAULT_CORE)
        schedule = _schedule(network, core, Schedule(None, options.patches, options.objective))
        artifacts.append(
            emit_c(
                network,
                name=options.name,
                layout=options.c_layout,
                vectors=codes,
                core=core,
                schedule=schedule,
                foretold=_foretold(network, schedule, options.models),
            )
        )
    return tuple(artifacts)


def _foretold(network: Network, schedule: Schedule, models: "Sequence[McuModel]") -> "Foretold | None":
    """What the first of the models says of the instructions; None where it can't."""
    from codegen.c import Foretold

    design = Design(network, schedule)
    if not models or models[0].accepts(design) is not None:
        return None
    instructions = round(models[0].price(design, Workload()).metrics["instructions"])
    return Foretold(models[0].board.core.name, instructions)


def _schedule(network: Network, core: Core, schedule: Schedule) -> Schedule:
    """Of a tensor network with the order that needs the fewest bytes; others have none to choose."""
    from codegen.plan import least_memory_schedule

    if not isinstance(network.body, TensorNet):
        return schedule
    return least_memory_schedule(network.body.graph, schedule, core)


def prove(
    network: Network,
    artifacts: Sequence[Artifact],
    vectors: Vectors,
    *,
    seed: int,
    cores: Sequence[Core] = (),
    note: Callable[[str], None] = lambda _: None,
) -> tuple[Proof, ...]:
    """Compares every artifact with the exact evaluation, with all tools that are installed.

    cores: that C is proven on, besides the host.
    """
    from codegen.verify import verify_c, verify_verilog

    proofs: list[Proof] = []
    for artifact in artifacts:
        note(f"the {artifact.target} of {artifact.prefix}")
        if artifact.target == "verilog":
            proofs += verify_verilog(network, artifact, vectors.codes, seed=seed, n_random=N_RANDOM_VECTORS)
        else:
            proofs += verify_c(
                network,
                artifact,
                vectors.codes,
                seed=seed,
                n_random=N_RANDOM_VECTORS,
                raw=vectors.raw,
                cores=cores,
            )
    return tuple(proofs)


def check_proofs(export: Export, *, require_proof: bool) -> None:
    """Raises ProofError for a mismatch, naming the vector, and for a lacking proof where one is required."""
    for proof in export.mismatched:
        raise ProofError(
            f"{export.folder}: {proof.target}: {_difference(proof)}; the export must not be used"
        )
    absent = lacking(export.proofs)
    if require_proof and absent:
        named = "; ".join(f"{proof.target} ({proof.tool}: {proof.detail})" for proof in absent)
        raise ProofError(f"{export.folder}: a proof was required, but could not be made: {named}")


def _difference(proof: Proof) -> str:
    if proof.all_inputs:
        return ": ".join(filter(None, (proof.detail, proof.first_mismatch)))
    return (
        f"{proof.mismatches} of {proof.vectors} vectors differ from the network; "
        f"the first: {proof.first_mismatch}"
    )


def verify_folder(folder: Path) -> tuple[Proof, ...]:
    """Proves an export again from the files that lie in its folder now.

    Raises RunError where the folder is no export or is damaged.
    """
    for name in ("network.json", "manifest.json", "vectors.npz"):
        if not (folder / name).is_file():
            raise RunError(f"{folder}: this is no complete export: {name} is missing")
    try:
        network = read_network(folder / "network.json")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        artifacts = tuple(_read_artifact(folder, entry) for entry in manifest["artifacts"])
        with np.load(BytesIO((folder / "vectors.npz").read_bytes()), allow_pickle=False) as arrays:
            vectors = Vectors(arrays["codes"].astype(np.int32), arrays["raw"].astype(np.float32))
        seed = int(manifest["seed"])
        cores = tuple(load_core(name) for name in manifest.get("cores", ()))
    except (IrError, CoreError, KeyError, TypeError, ValueError, OSError, BadZipFile, zlib.error) as error:
        raise RunError(f"{folder}: the export is damaged: {error}; export it again") from None
    if not artifacts:
        raise RunError(f"{folder}: the export holds neither Verilog nor C; export it again")
    return prove(network, artifacts, vectors, seed=seed, cores=cores)


def _manifest(artifacts: Sequence[Artifact], seed: int, cores: Sequence[Core]) -> dict[str, object]:
    return {
        "version": MANIFEST_VERSION,
        "seed": seed,
        "cores": [core.name for core in cores],
        "artifacts": [
            {
                "target": artifact.target,
                "prefix": artifact.prefix,
                "files": [file.path for file in artifact.files],
            }
            for artifact in artifacts
        ],
    }


def _read_artifact(folder: Path, entry: dict[str, object]) -> Artifact:
    target, prefix, paths = entry["target"], entry["prefix"], entry["files"]
    if target not in ("c", "verilog") or not isinstance(prefix, str) or not isinstance(paths, list):
        raise ValueError("manifest.json: an artifact needs target c or verilog, prefix and files")
    base = (folder / target).resolve()
    files = []
    for path in paths:
        place = (base / str(path)).resolve()
        if not place.is_relative_to(base):
            raise ValueError(f"manifest.json: {path!r} leaves the folder of the export")
        files.append(File(str(path), place.read_text(encoding="utf-8")))
    return Artifact("c" if target == "c" else "verilog", prefix, tuple(files))


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
