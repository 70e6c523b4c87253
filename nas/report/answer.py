"""The answer in words: does a winner fit, is it proven. Shared by all forms of the report."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nas.report.data import LimitCheck, ReportData, WinnerReport
from nas.report.figures import count, figure

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
    differing = [proof for proof in winner.proofs if proof.status == "mismatch"]
    if differing:
        texts = (f"{p.target} differs in {count(p.mismatches)} of {count(p.vectors)}" for p in differing)
        return Answer("bad", "not proven: " + "; ".join(texts) + " vectors")
    made = [proof for proof in winner.proofs if proof.status == "proven"]
    missing = [proof.target for proof in winner.proofs if proof.status == "missing"]
    if not made:
        return Answer("none", "not proven" + (f": no tool for {_listed(missing)}" if missing else " yet"))
    text = f"proven bit for bit: {_listed([proof.target for proof in made])}"
    text += f", {count(sum(proof.vectors for proof in made))} vectors"
    if missing:
        return Answer("partly", f"{text}; not tried: {_listed(missing)}")
    return Answer("good", text)


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
