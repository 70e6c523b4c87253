"""The full adders of bespoke MLPs, counted as published genetic searches of printed MLPs count them."""

from hwmodels.adder_count.model import AdderCountModel

__all__ = ["AdderCountModel"]
