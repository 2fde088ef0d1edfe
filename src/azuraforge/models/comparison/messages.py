"""Messages to the child that compares two runs."""

from __future__ import annotations

from azuraforge.plugins.contract.shape import Shape


class JudgedErrors(Shape):
    """The stored errors of a run: their file, and the candidate's name in it."""

    errors: str
    name: str


class PairInput(Shape):
    """Two runs of one task on the same held-out rows."""

    task: str
    plugins_folder: str
    horizon: int
    season: int
    seed: int
    a: JudgedErrors
    b: JudgedErrors
