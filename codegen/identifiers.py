"""Safe names: any text of a user becomes an identifier of C or Verilog.

Feature names, labels and network names come from files that nobody checked; what is emitted holds only
letters, digits and single underscores of ASCII, and no word that the language keeps for itself.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["c", "verilog"]
MAX_LENGTH = 48
"""Longest identifier from one text; C99 promises 63 significant characters inside a file."""

# C99, C11, C++20 and the names of the standard headers that an emitted file includes.
_C_WORDS = """
    alignas alignof and and_eq asm atomic auto bitand bitor bool break case catch char char16_t char32_t
    char8_t class co_await co_return co_yield compl complex concept const const_cast consteval constexpr
    constinit continue decltype default delete do double dynamic_cast else enum errno explicit export extern
    false far final float for fortran friend goto if imaginary import inline int interrupt long main module
    mutable namespace near new noexcept noreturn not not_eq nullptr operator or or_eq override private
    protected public register reinterpret_cast requires restrict return short signed sizeof static
    static_assert static_cast stderr stdin stdout struct switch synchronized template this thread_local throw
    true try typedef typeid typename typeof union unix linux unsigned using virtual void volatile wchar_t
    while xor xor_eq NULL EOF NAN INFINITY assert setup loop
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t ptrdiff_t intptr_t uintptr_t
"""

# IEEE 1364-2001 and IEEE 1800-2017, annex B.
_VERILOG_WORDS = """
    accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin
    bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking
    cmos config const constraint context continue cover covergroup coverpoint cross deassign default defparam
    design disable dist do edge else end endcase endchecker endclass endclocking endconfig endfunction
    endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty endspecify
    endsequence endtable endtask enum event eventually expect export extends extern final first_match for
    force foreach forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone
    ignore_bins illegal_bins implements implies import incdir include initial inout input inside instance int
    integer interconnect interface intersect join join_any join_none large let liblist library local
    localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos
    nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos posedge primitive
    priority program property protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent
    pure rand randc randcase randsequence rcmos real realtime ref reg reject_on release repeat restrict return
    rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared
    sequence shortint shortreal showcancelled signed small soft solve specify specparam static string strong
    strong0 strong1 struct super supply0 supply1 sync_accept_on sync_reject_on table tagged task this
    throughout time timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type
    typedef union unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait
    wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
"""
_KEPT_WORDS: dict[Language, frozenset[str]] = {
    "c": frozenset(_C_WORDS.split()),
    "verilog": frozenset(_VERILOG_WORDS.split()),
}


def safe_identifier(text: str, language: Language) -> str:
    """An identifier that reads like `text`: 1 to `MAX_LENGTH` ASCII letters, digits, underscores.

    Accents are dropped, runs of anything else become one underscore, a leading digit gets an `x` before
    it, a kept word of the language an underscore behind it; text with nothing left of it becomes `x`.
    """
    plain = unicodedata.normalize("NFKD", text[: 8 * MAX_LENGTH]).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9]+", "_", plain)[:MAX_LENGTH].strip("_") or "x"
    if name[0].isdigit():
        name = "x" + name[: MAX_LENGTH - 1]
    return name + "_" if name in _KEPT_WORDS[language] else name


class Namespace:
    """Gives every text an identifier of its own; the first to ask for a name gets it."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._taken: set[str] = set()

    def claim(self, text: str) -> str:
        """The safe identifier of `text`, with a number behind it where it is taken already."""
        name = safe_identifier(text, self._language)
        unique, number = name, 2
        while unique in self._taken:
            suffix = f"_{number}"
            unique, number = name[: MAX_LENGTH - len(suffix)].rstrip("_") + suffix, number + 1
        self._taken.add(unique)
        return unique


def unique_identifiers(texts: Iterable[str], language: Language) -> tuple[str, ...]:
    """The safe identifiers of `texts`, in order and all different."""
    namespace = Namespace(language)
    return tuple(namespace.claim(text) for text in texts)
