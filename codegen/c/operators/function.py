"""What every function of an emitted tensor network looks like from outside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """C text of one function and its constants.

    name: all names in the text begin with it. routines: prototypes of other functions of the text that a
    compiler may neither inline nor make for their arguments, so that their cost does not depend on what is
    around them. inputs: names of its `const int8_t *` parameters, after which
    come `int8_t *output` and, where `takes_scratch`, `void *scratch`. Bytes of uint8 tensors are passed as
    int8_t too. Wherever its KernelChoice says so, output may be the same pointer as an input.
    """

    name: str
    constants: str
    functions: str
    inputs: tuple[str, ...] = ("input",)
    takes_scratch: bool = False
    routines: tuple[str, ...] = ()

    @property
    def prototype(self) -> str:
        """Without a semicolon."""
        parameters = [f"const int8_t *{name}" for name in self.inputs] + ["int8_t *output"]
        parameters += ["void *scratch"] if self.takes_scratch else []
        return f"static void {self.name}({', '.join(parameters)})"
