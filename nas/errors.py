"""Errors of a run as a whole, as opposed to those of one part."""


class RunError(ValueError):
    """A run can't start, go on or be handed over. The text says where, what must hold, and what to do."""


class ProofError(RunError):
    """An emitted file differs from the network, or a proof that was required could not be made."""
