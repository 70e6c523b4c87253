"""The base of the errors of codegen."""


class CodegenError(ValueError):
    """Something that codegen was given breaks a rule. The text says where, what must hold and what came."""
