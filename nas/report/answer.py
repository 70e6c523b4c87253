"""The answer in words: does a winner fit, is it proven. Shared by all forms of the report."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from codegen.artifact import Proof, ProofStatus
from nas.report.data import LimitCheck, ReportData, SynthesizedCircuit, WinnerReport
from nas.report.figures import count, figure, quantity

Verdict: TypeAlias = Literal["good", "partly", "bad", "none"]


@dataclass(frozen=True, slots=True)
class Answer:
    """verdict: for the color of it. text: a phrase that follows the design's name."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class DesignReport:
    """A winner with all the roles that its design holds."""

    roles: tuple[str, ...]
    winner: WinnerReport
    fit: Answer
    proof: Answer


def designs(report: ReportData) -> tuple[DesignReport, ...]:
    """The winners, one entry for each design, in the order of the report."""
    roles: dict[str, list[str]] = {}
    first: dict[str, WinnerReport] = {}
    for winner in report.winners:
        roles.setdefault(winner.id, []).append(winner.role)
        first.setdefault(winner.id, winner)
    return tuple(
        DesignReport(tuple(roles[id]), winner, fit_answer(winner), proof_answer(winner))
        for id, winner in first.items()
    )


def fit_answer(winner: WinnerReport) -> Answer:
    """Does the design keep the limits of the spec?"""
    broken = [check for check in winner.limits if not check.ok]
    if broken:
        return Answer("bad", "does not fit: " + "; ".join(_excess(check) for check in broken))
    if not winner.limits:
        return Answer("none", "no limits were set")
    all_of_them = {1: "the limit", 2: "both limits"}.get(
        len(winner.limits), f"all {len(winner.limits)} limits"
    )
    return Answer("good", f"fits: keeps {all_of_them}")


def _excess(check: LimitCheck) -> str:
    side = "above" if check.bound == "max" else "below"
    return f"{check.metric} is {figure(check.value)}, {side} the limit {figure(check.limit)}"


def proof_answer(winner: WinnerReport) -> Answer:
    """Do the emitted files compute what was measured?"""
    by_status: dict[ProofStatus, list[Proof]] = {"proven": [], "mismatch": [], "missing": [], "undecided": []}
    for proof in winner.proofs:
        by_status[proof.status].append(proof)
    missing = [proof.target for proof in by_status["missing"]]
    if by_status["mismatch"]:
        return Answer("bad", "not proven: " + "; ".join(map(_difference, by_status["mismatch"])))
    if not by_status["proven"]:
        return Answer("none", "not proven" + (f": no tool for {_listed(missing)}" if missing else " yet"))
    text = "; ".join(_proven(by_status["proven"]))
    if by_status["undecided"]:
        text += f"; not decided in time: {_listed(p.target for p in by_status['undecided'])}"
    if missing:
        return Answer("partly", f"{text}; not tried: {_listed(missing)}")
    return Answer("good", text)


def compared(proof: Proof) -> tuple[str, str]:
    """What a proof compared and how much of it differed, as words for a table."""
    if proof.status in ("missing", "undecided"):
        return "", ""
    return "all inputs" if proof.all_inputs else count(proof.vectors), count(proof.mismatches)


def circuit_summary(circuit: SynthesizedCircuit) -> str:
    """ "0.0435 cm², 57 cells of egfet"."""
    n_cells = sum(circuit.cells.values())
    return f"{quantity(circuit.area_cm2, 'cm2')}, {count(n_cells)} cells of {circuit.library}"


def stretches(ranges: Sequence[tuple[float, float]], *, most: int = 3) -> str:
    """Ranges of a figure as words: "0.009 to 0.02 and 0.3"; of more than `most`, their span and number."""
    if len(ranges) > most:
        return f"{figure(ranges[0][0])} to {figure(ranges[-1][1])}, in {len(ranges)} stretches"
    return _listed(figure(low) if low == high else f"{figure(low)} to {figure(high)}" for low, high in ranges)


def _difference(proof: Proof) -> str:
    if proof.all_inputs:
        return f"{proof.target} differs"
    return f"{proof.target} differs in {count(proof.mismatches)} of {count(proof.vectors)} vectors"


def _proven(proofs: Sequence[Proof]) -> Iterator[str]:
    by_vectors = [proof for proof in proofs if not proof.all_inputs]
    if by_vectors:
        n_vectors = sum(proof.vectors for proof in by_vectors)
        targets = _listed(proof.target for proof in by_vectors)
        yield f"proven bit for bit: {targets}, {count(n_vectors)} vectors"
    every = [proof.target for proof in proofs if proof.all_inputs]
    if every:
        yield f"{'' if by_vectors else 'proven '}for all inputs: {_listed(every)}"


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
