"""Printed circuits: what a bespoke network costs in the cells of a printed technology."""

from hwmodels.printed.model import PrintedModel

__all__ = ["PrintedModel"]
