"""How many rows of data a proof or a measurement runs over."""

import sys

from codegen.ir import Network, TensorNet
from codegen.ir.counts import count

MIN_ROWS = 4
"""Rows that are run however large the network is."""


def rows_within(network: Network, max_macs: int) -> int:
    """How many rows a tensor network runs on within so many multiply-accumulates; any number for others."""
    if not isinstance(network.body, TensorNet):
        return sys.maxsize
    return max(MIN_ROWS, max_macs // max(1, count(network).macs))
