"""The contract of figures: data to be drawn, attached to a run by name."""

from __future__ import annotations

from azuraforge.plugins.contract.shape import Shape


class Figure(Shape):
    """Base of the figures of a task kind.

    A kind declares a subclass for each of its figures in ``TaskKind.figures``; its fields are whatever the drawing
    needs, as JSON. The dashboard draws the figures that it has a card for and shows any other as a table of its fields.
    """
