"""A sketch of synthesis: what lowering and the simplest of optimizations leave of a network, in microseconds.

The sums, clips and answer of a network are built as `codegen.circuit` builds them, but as a graph that is
simulated on a fixed set of patterns while it grows. Nodes that answer alike are one node, and gates that no
output depends on are removed. What is left is counted in cells.
"""
