"""Random int8 tensor networks, to try what consumes the network contract: evaluators, emitters, importers."""

from codegen.ir.testing.builder import Style
from codegen.ir.testing.networks import KINDS, network_of_kinds, random_network, samples_of

__all__ = ["KINDS", "Style", "network_of_kinds", "random_network", "samples_of"]
