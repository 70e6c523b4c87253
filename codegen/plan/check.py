"""Does a plan keep every value until it has been read? Checked byte by byte, as the emitted code would run.

Nothing here is shared with what makes plans, but the regions of patches.
"""

from collections.abc import Sequence

import numpy as np

from codegen.ir.graph import TensorGraph
from codegen.ir.operators import Add, Reshape, activations_read
from codegen.plan.choice import KernelChoice
from codegen.plan.errors import PlanError
from codegen.plan.plan import Placement, Plan

FREE, SCRATCH = -1, -2


def check_plan(plan: Plan, graph: TensorGraph, choices: Sequence[KernelChoice]) -> None:
    """Runs the plan on an arena that remembers whose bytes it holds.

    Raises PlanError where an operator would read bytes that something else has written, where it would write
    over what it reads without a kernel that may, where anything lies outside of the arena or off the
    alignment, or where a placement is missing.
    """
    run = _Run(plan, graph, choices)
    n_stage = 0 if plan.patches is None else plan.patches.n_operators
    for _ in range(len(plan.patches.patches) if plan.patches is not None else 0):
        for number in plan.order[:n_stage]:
            run.execute(number)
    for number in plan.order[n_stage:]:
        run.execute(number)
    for tensor in graph.outputs:
        run.check_held(len(graph.operators), tensor)


class _Run:
    """arena: for each byte the root tensor of the value that it holds, or FREE or SCRATCH."""

    def __init__(self, plan: Plan, graph: TensorGraph, choices: Sequence[KernelChoice]) -> None:
        self.plan, self.graph, self.choices = plan, graph, choices
        self.arena = np.full(plan.arena_bytes, FREE, dtype=np.int32)
        self.places = {(one.kind, one.number): one for one in plan.placements}
        self.roots = {tensor: tensor for tensor in range(len(graph.tensors))}
        for operator in graph.operators:
            if isinstance(operator, Reshape):
                self.roots[operator.output] = self.roots[operator.input]
        for place in plan.placements:
            self._check_place(place)
        for tensor in graph.inputs:
            if ("tensor", tensor) in self.places:
                self._bytes(self.places["tensor", tensor])[:] = tensor

    def execute(self, number: int) -> None:
        operator = self.graph.operators[number]
        reads = [tensor for tensor in activations_read(operator) if ("tensor", tensor) in self.places]
        for tensor in reads:
            self.check_held(number, tensor)
        if isinstance(operator, Reshape):
            return
        output = self._place(number, "tensor", operator.output)
        scratch = self.choices[number].scratch_bytes
        if scratch:
            room = self._place(number, "scratch", number)
            if room.n_bytes < scratch:
                raise PlanError(f"plan: operator {number}: scratch has {room.n_bytes} bytes, not {scratch}")
            self._bytes(room)[:] = SCRATCH
            for tensor in reads:
                self.check_held(number, tensor)
        for tensor in reads:
            self._check_over(number, self.places["tensor", tensor], output)
        self._bytes(output)[:] = operator.output
        if scratch and not (self._bytes(room) == SCRATCH).all():
            raise PlanError(f"plan: operator {number}: the output lies over the scratch")

    def check_held(self, number: int, tensor: int) -> None:
        """A value must be all there when an operator, or whoever takes the outputs, reads it."""
        place = self.places.get(("tensor", tensor))
        if place is None:
            return
        wrong = np.flatnonzero(self._bytes(place) != self.roots[tensor])
        if wrong.size:
            raise PlanError(
                f"plan: operator {number}: tensor {tensor} is read, but byte {int(wrong[0])} of it holds "
                f"{_name(int(self._bytes(place)[wrong[0]]))}"
            )

    def _check_over(self, number: int, read: Placement, output: Placement) -> None:
        """Where output and input share bytes, the kernel must allow it, from their first byte on."""
        start = max(read.offset_bytes, output.offset_bytes)
        if start >= min(read.offset_bytes + read.n_bytes, output.offset_bytes + output.n_bytes):
            return
        operator = self.graph.operators[number]
        over = (
            (operator.left, operator.right) if isinstance(operator, Add) else activations_read(operator)[:1]
        )
        fits = read.offset_bytes == output.offset_bytes and read.n_bytes >= output.n_bytes
        if not (self.choices[number].in_place and read.number in over and fits):
            raise PlanError(
                f"plan: operator {number}: the output lies over tensor {read.number}, which it reads"
            )

    def _place(self, number: int, kind: str, of: int) -> Placement:
        found = next((place for key, place in self.places.items() if key == (kind, of)), None)
        if found is None:
            raise PlanError(f"plan: operator {number}: {kind} {of} has no place in the arena")
        return found

    def _check_place(self, place: Placement) -> None:
        if place.offset_bytes % self.plan.alignment_bytes:
            raise PlanError(
                f"plan: {place.kind} {place.number}: offset must be a multiple of "
                f"{self.plan.alignment_bytes}, not {place.offset_bytes}"
            )
        if place.offset_bytes < 0 or place.offset_bytes + place.n_bytes > self.plan.arena_bytes:
            raise PlanError(f"plan: {place.kind} {place.number}: must lie inside of the arena")
        needed = self._needed(place)
        if place.n_bytes < needed:
            raise PlanError(f"plan: {place.kind} {place.number}: needs {needed} bytes, not {place.n_bytes}")

    def _needed(self, place: Placement) -> int:
        """Bytes of a whole tensor, or of the largest region of a patch; scratch is checked in use."""
        if place.kind == "scratch":
            return 0
        tensor, stage = self.graph.tensors[place.number], self.plan.patches
        whole = stage is None or place.number == stage.output
        if stage is None or whole or place.number not in stage.written:
            return tensor.n_bytes
        pixel = tensor.n_bytes // (tensor.shape[0] * tensor.shape[1])
        steps = (step for patch in stage.patches for step in patch.steps)
        return max(
            step.writes.height * step.writes.width * pixel
            for step in steps
            if self.graph.operators[step.operator].output == place.number
        )

    def _bytes(self, place: Placement) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
        return self.arena[place.offset_bytes : place.offset_bytes + place.n_bytes]


def _name(owner: int) -> str:
    return {FREE: "nothing", SCRATCH: "scratch"}.get(owner, f"tensor {owner}")
