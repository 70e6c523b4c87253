"""Who evaluates: this process, processes of their own on this machine, or an existing Dask cluster.

docs/workers.md says what a crash costs and what is exact. All three take the same `Recipe`, which says how
to make the function that evaluates, and give back an `Outcome` for each task.
"""

from nas.workers.protocol import Outcome, PerEvaluation, Recipe, Workers, WorkersError
from nas.workers.serial import SerialWorkers

__all__ = ["Outcome", "PerEvaluation", "Recipe", "SerialWorkers", "Workers", "WorkersError"]
