"""The data of a run: one source a file, a split, an interface."""

from nas.data.dataset import DataError, Dataset, Table
from nas.data.load import load_dataset

__all__ = ["DataError", "Dataset", "Table", "load_dataset"]
