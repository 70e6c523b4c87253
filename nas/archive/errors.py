"""The one error of the run folder."""


class ArchiveError(ValueError):
    """A run folder is missing, in use, damaged or too new. The text says where, what, and what to do."""
