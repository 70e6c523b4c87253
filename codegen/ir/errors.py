"""The one error of the network contract."""


class IrError(ValueError):
    """A network, graph or network file breaks a rule of docs/ir.md. The text says which and where."""
