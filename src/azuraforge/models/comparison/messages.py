"""Messages to the child process that compares two runs."""

from __future__ import annotations

from azuraforge.plugins.contract.shape import Shape


class JudgedErrors(Shape):
    """Stored errors of a run: the path of their file, and the candidate's name in it."""

    errors: str
    name: str


class PairInput(Shape):
    """Two runs of one task kind that were evaluated on the same held-out rows."""

    task: str
    plugins_folder: str
    horizon: int
    season: int
    seed: int
    a: JudgedErrors
    b: JudgedErrors
