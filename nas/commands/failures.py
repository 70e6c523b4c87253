"""How commands fail: lines for the user and an exit code; a trace only where --debug asks for it."""

NOT_GOOD, BAD_INPUT, INTERNAL_ERROR, INTERRUPTED = 1, 2, 70, 130
_PACKAGES = ("nas", "hwmodels", "searchspaces", "codegen")


def explain(error: Exception) -> tuple[str, int]:
    """What to tell the user, and the exit code.

    Every error that our packages define is worded for the user; any other one is a fault of ours, but
    for what the operating system says of files.
    """
    from nas.errors import ProofError

    if isinstance(error, ProofError):
        return str(error), NOT_GOOD
    if type(error).__module__.partition(".")[0] in _PACKAGES:
        return str(error), BAD_INPUT
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}", BAD_INPUT
    return (
        f"silkscreen failed: {type(error).__name__}: {error}\n"
        "This is a fault of silkscreen. Run the command again with --debug and report what it prints."
    ), INTERNAL_ERROR
