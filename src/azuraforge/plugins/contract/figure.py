"""The contract of figures: data for a chart, attached to a run under a name."""

from __future__ import annotations

from azuraforge.plugins.contract.shape import Shape


class Figure(Shape):
    """Base class of the figures of a task kind.

    A task kind declares a subclass for each of its figures in ``TaskKind.figures``. The fields contain the data of the
    chart, as JSON. The dashboard draws the figures for which it has a card, and shows every other figure as a
    table of its fields.
    """
