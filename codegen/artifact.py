"""What leaves the house: files, and the proofs that they compute what was measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

ProofStatus: TypeAlias = Literal["proven", "mismatch", "missing", "undecided"]


@dataclass(frozen=True, slots=True)
class File:
    """A file to write. path: relative, with forward slashes."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """Emitted files for one target. prefix: the safe identifier that all emitted names begin with."""

    target: Literal["c", "verilog"]
    prefix: str
    files: tuple[File, ...]

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Writes the files below `folder`, making folders as needed; gives their paths."""
        paths = []
        for file in self.files:
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
            paths.append(path)
        return tuple(paths)


@dataclass(frozen=True, slots=True)
class Proof:
    """One comparison of an artifact with `codegen.ir.evaluate`, or with another form of itself.

    target: such as "verilog-iverilog", "verilog-netlist", "verilog-cec", "certificate", "c-host".
    tool: name and version of what ran, or the name of what is missing. status: "missing" where a tool is,
    "undecided" where a tool gave up, which is neither a proof nor a failure. vectors: compared, at least
    1 where the status is "proven" unless it is proven for all inputs. mismatches: how many differed.
    first_mismatch: the first vector that differed, its features, expected and found output; empty
    otherwise. detail: what else is known, such as which command would install the missing tool.
    all_inputs: the proof is for every input, by algebra or equivalence checking; a mismatch of it is one
    counterexample.
    """

    target: str
    tool: str
    status: ProofStatus
    vectors: int
    mismatches: int
    first_mismatch: str = ""
    detail: str = ""
    all_inputs: bool = False
