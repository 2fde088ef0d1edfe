"""Examples and batches."""

from azuraforge.engine.data.batches import Batches
from azuraforge.engine.data.datasets import Arrays, Dataset, Windows

__all__ = ["Arrays", "Batches", "Dataset", "Windows"]
