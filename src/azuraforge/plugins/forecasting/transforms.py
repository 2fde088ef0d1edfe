"""Transformations of a target before training, and their exact inverses for forecasts of several rows ahead."""

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
    """Transformation of the target.

    ``none`` changes nothing. ``log`` takes the natural logarithm, so that relative growth becomes additive and
    intervals become relative. ``difference`` takes the change from row to row.

    Attributes:
        name: kind of the transformation.
        floor: for ``log``, replacement for smaller values, which may be zero or negative in later rows.

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
        """Learn the transformation from training values.

        Raises InvalidInput if ``name`` is ``log`` and a value is zero or negative, or no value is known.
        """
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
        """Return the transformed values ``(row,)``; the first difference is 0."""
        if self.name == "log":
            return np.log(np.maximum(values, self.floor))
        if self.name == "difference":
            return np.diff(values, prepend=values[:1])
        return values

    def anchor(self, values: Floats) -> Floats:
        """Return the reference value at each row, ``(row,)``, from which a forecast path starts.

        This is the logarithm of the value for ``log``, and the value itself otherwise.
        """
        return self.apply(values) if self.name == "log" else values

    def path(self, steps: Floats) -> Floats:
        """Return forecasts of transformed values, ``(…, horizon)``, as a path; differences are summed along it."""
        return np.cumsum(steps, axis=-1) if self.name == "difference" else steps

    def invert(self, changed: Floats, last: Floats) -> Floats:
        """Return transformed values converted back to the target, ``(origin, horizon)``.

        Args:
            changed: ``(origin, horizon)``, forecasts of the transformed values after each origin.
            last: ``(origin,)``, the target at each origin; only ``difference`` needs it.
        """
        if self.name == "difference":
            return np.asarray(last[:, None] + np.cumsum(changed, axis=1))
        return self.from_anchor(changed)

    def from_anchor(self, path: Floats) -> Floats:
        """Return a path in the space of ``anchor`` converted back to the target."""
        return np.asarray(np.exp(path)) if self.name == "log" else path

    def smearing(self, errors: Floats) -> Floats:
        """Return the factors, ``(horizon,)``, that turn inverted mean forecasts into forecasts of the target's mean.

        The exponential of a mean logarithm is a median of the target, which is below its mean. The factor is the mean
        of ``actual / inverted`` over the origins (Duan, "Smearing Estimate: A Nonparametric Retransformation Method",
        1983), or 1 if the inverse is linear. Quantiles need no factor, because an increasing transformation preserves
        them.

        Args:
            errors: ``(origin, horizon)``, actual minus predicted path in the space of ``anchor``, without NaN.

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
        """Rebuild the object from the result of ``to_dict``. Raises pydantic's ValidationError for invalid fields."""
        return from_json(cls, fields)
