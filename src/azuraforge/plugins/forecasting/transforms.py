"""Changes of a target before it is learned, and their exact inverses for a forecast of several steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.stored import from_json

TransformName = Literal["none", "log", "difference"]


@dataclass(frozen=True)
class Transform:
    """A change of the target.

    ``none`` leaves it. ``log`` takes the natural logarithm: growth in percent becomes growth in steps, intervals
    become relative. ``difference`` takes the step from row to row.

    Attributes:
        name: which.
        floor: for ``log``, the smallest value taken; later values at or below zero count as this one.

    Example:
        >>> change = Transform.learn("difference", np.array([1.0, 4.0, 9.0]), "y")
        >>> change.apply(np.array([1.0, 4.0, 9.0])).tolist()
        [0.0, 3.0, 5.0]
        >>> change.invert(np.array([[7.0, 9.0]]), last=np.array([9.0])).tolist()
        [[16.0, 25.0]]
    """

    name: TransformName
    floor: float = 0.0

    @classmethod
    def learn(cls, name: TransformName, values: Floats, column: str) -> Transform:
        """Prepare the transform on training values. Raises InvalidInput for ``log`` of values at or below zero."""
        if name != "log":
            return cls(name)
        known = values[np.isfinite(values)]
        if not known.size or known.min() <= 0:
            raise InvalidInput(
                "transform=log needs values above zero; the smallest of {column!r} is {smallest:g}"
                if known.size
                else "transform=log needs values above zero, and {column!r} has no values",
                where="config.transform",
                next_step="choose transform=none or transform=difference",
                column=column,
                smallest=float(known.min()) if known.size else 0.0,
            )
        return cls("log", float(known.min()) / 2)

    def apply(self, values: Floats) -> Floats:
        """``(row,)`` in, ``(row,)`` out. The first row has no step and counts as zero."""
        if self.name == "log":
            return np.log(np.maximum(values, self.floor))
        if self.name == "difference":
            return np.diff(values, prepend=values[:1])
        return values

    def anchor(self, values: Floats) -> Floats:
        """``(row,)``: what the forecast from a row is measured from, in the space where forecasts add up.

        For ``none`` and ``difference`` the value itself, for ``log`` its logarithm.
        """
        return self.apply(values) if self.name == "log" else values

    def path(self, steps: Floats) -> Floats:
        """``(…, horizon)``: transformed values as a path in the anchor's space; steps are summed up."""
        return np.cumsum(steps, axis=-1) if self.name == "difference" else steps

    def invert(self, changed: Floats, last: Floats) -> Floats:
        """Convert transformed values back to the target.

        Args:
            changed: ``(origin, horizon)``, forecasts of what ``apply`` would give for the rows after each origin.
            last: ``(origin,)``, the target at each origin; only ``difference`` needs it.
        """
        if self.name == "difference":
            return np.asarray(last[:, None] + np.cumsum(changed, axis=1))
        return self.from_anchor(changed)

    def from_anchor(self, path: Floats) -> Floats:
        """Convert from the anchor's space back to the target."""
        return np.asarray(np.exp(path)) if self.name == "log" else path

    def smearing(self, errors: Floats) -> Floats:
        """``(horizon,)``: the factor that makes the inverse of a mean the mean of the target.

        The exponential of a mean logarithm is the median of what it may become, and lies below the mean. The factor is
        the mean of ``truth / inverse`` over known errors (Duan, "Smearing Estimate: A Nonparametric Retransformation
        Method", 1983); 1 where the inverse is linear. It is no factor for quantiles, which any rising change keeps.

        Args:
            errors: ``(origin, horizon)``, true minus predicted path in the anchor's space.

        Example:
            >>> Transform("log", 0.1).smearing(np.log([[0.5], [2.0]])).tolist()
            [1.25]
        """
        return np.asarray(np.exp(errors).mean(axis=0)) if self.name == "log" else np.ones(errors.shape[1])

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> Transform:
        """Rebuild the object from the result of ``to_dict``."""
        return from_json(cls, fields)
