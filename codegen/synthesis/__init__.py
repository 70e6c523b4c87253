"""From Verilog to a netlist of printed cells, and what it costs."""

from codegen.synthesis.cache import SynthesisCache, synthesize_cached
from codegen.synthesis.equivalence import Equivalence, check_equivalence
from codegen.synthesis.errors import SynthesisError
from codegen.synthesis.json_netlist import Logic, Port
from codegen.synthesis.mapping import FAST, THOROUGH, Mapping, Recipe, map_netlist
from codegen.synthesis.network import synthesize_network
from codegen.synthesis.price import MappedNetlist, VerilogPrice, price_verilog, synthesize
from codegen.synthesis.yosys import elaborate

__all__ = [
    "FAST",
    "THOROUGH",
    "Equivalence",
    "Logic",
    "MappedNetlist",
    "Mapping",
    "Port",
    "Recipe",
    "SynthesisCache",
    "SynthesisError",
    "VerilogPrice",
    "check_equivalence",
    "elaborate",
    "map_netlist",
    "price_verilog",
    "synthesize",
    "synthesize_cached",
    "synthesize_network",
]
