"""The error of memory plans."""

from codegen.errors import CodegenError


class PlanError(CodegenError):
    """A graph can't be planned as the schedule asks. The text says where, what must hold and what came."""
