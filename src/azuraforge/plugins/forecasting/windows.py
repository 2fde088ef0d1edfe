"""Conversion of a part into a network's examples: windows of scaled channels, the calendar ahead, and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.contract.stored import from_json
from azuraforge.plugins.forecasting.calendar import Clock
from azuraforge.plugins.forecasting.channels import LIMIT, Channel, column_values, filled, robust_scale
from azuraforge.plugins.forecasting.covariates import Covariates
from azuraforge.plugins.forecasting.transforms import Transform

Single = NDArray[np.float32]

#: Largest number of a part's calendar values that are computed once and kept (16 MiB); more are computed per batch.
_KEPT_VALUES = 4_000_000


@dataclass(frozen=True)
class Inputs:
    """The sizes of one example, for building a network.

    Attributes:
        window: rows looked back.
        channels: values per row of the window; the target's own come first.
        target_channels: how many of them are the target's.
        known: values per future row, the calendar's first; 0 if there are none.
        horizon: rows ahead.
        ahead: how many of the known, the last ones, are holidays and columns known in advance.
    """

    window: int
    channels: int
    target_channels: int
    known: int
    horizon: int
    ahead: int = 0


class Examples:
    """Windows cut on request; a dataset for ``azuraforge.engine.data.Batches``.

    ``known`` answers the calendar ahead ``(example, horizon, known)`` for indices of examples.

    Attributes:
        origins: ``(example,)`` rows of the part's frame.
        scales: ``(example,)`` how much of the target's change one learned unit is.
    """

    def __init__(
        self,
        scaled: Floats,
        relative: NDArray[np.bool_],
        known: Callable[[Indices], Single],
        origins: Indices,
        window: int,
        targets: Single | None,
        scales: Floats,
    ) -> None:
        self.origins = origins
        self.scales = scales
        self._scaled = scaled
        self._relative = relative
        self._known = known
        self._targets = targets
        self._offsets = np.arange(1 - window, 1)

    @classmethod
    def joined(cls, parts: Sequence[Examples]) -> Examples:
        """Return the examples of several series, one series after another; each window holds rows of its own series.

        All must have the same channels and the same of them relative, and know their targets or not alike.
        """
        first_rows = np.cumsum([0, *(len(part._scaled) for part in parts)])
        first_examples = np.cumsum([0, *(len(part) for part in parts)])

        def known(indices: Indices) -> Single:
            owners = np.searchsorted(first_examples, indices, side="right") - 1
            answer: Single | None = None
            for owner in np.unique(owners).tolist():
                at = owners == owner
                values = parts[owner]._known(indices[at] - first_examples[owner])
                if answer is None:
                    answer = np.empty((len(indices), *values.shape[1:]), np.float32)
                answer[at] = values
            return np.zeros((0, 0, 0), np.float32) if answer is None else answer

        targets = [part._targets for part in parts if part._targets is not None]
        return cls(
            scaled=np.concatenate([part._scaled for part in parts]),
            relative=parts[0]._relative,
            known=known,
            origins=np.concatenate([part.origins + row for part, row in zip(parts, first_rows, strict=False)]),
            window=len(parts[0]._offsets),
            targets=np.concatenate(targets) if len(targets) == len(parts) else None,
            scales=np.concatenate([part.scales for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.origins)

    def gather(self, indices: Indices) -> tuple[Single, ...]:
        """Return ``(example, window, channel)``, ``(example, horizon, known)`` and, if any, ``(example, horizon)``."""
        windows = self._scaled[self.origins[indices][:, None] + self._offsets]
        windows[:, :, self._relative] -= windows[:, -1:, self._relative]
        np.clip(windows, -LIMIT, LIMIT, out=windows)
        parts = (windows.astype(np.float32), self._known(indices))
        return parts if self._targets is None else (*parts, self._targets[indices])

    def chunks(self, size: int) -> Iterator[tuple[Single, ...]]:
        """Yield all examples in order, ``size`` at a time."""
        for start in range(0, len(self), size):
            yield self.gather(np.arange(start, min(start + size, len(self))))


@dataclass(frozen=True)
class Layout:
    """Channels of a window, the same for all series of a panel, though each series has its own scales.

    Attributes:
        level: the target's own level is an input next to its changes.
        relative: other column → whether it is measured from the window's last row.
        holes: columns, possibly the target, whose missing values a channel marks.
    """

    level: bool
    relative: Mapping[str, bool]
    holes: frozenset[str]

    @classmethod
    def of(cls, train: Part, transform: Transform, window: int, features: bool) -> Layout:
        """Return the layout for the training rows of one series."""
        target = column_values(train.frame, train.schema.target)
        columns = {name: column_values(train.frame, name) for name in (train.schema.features if features else ())}
        anchors = transform.anchor(target)
        level = transform.name != "difference" and not Channel.learn(train.schema.target, anchors, window).relative
        holes = {train.schema.target: target, **columns}
        return cls(
            level=level,
            relative={name: Channel.learn(name, values, window).relative for name, values in columns.items()},
            holes=frozenset(name for name, values in holes.items() if Channel.told_missing(name, values)),
        )

    @classmethod
    def common(cls, layouts: Sequence[Layout]) -> Layout:
        """Return the layout that suits most of the series; if a column has gaps in one of them, all mark its gaps."""

        def most(chosen: Sequence[bool]) -> bool:
            return 2 * sum(chosen) > len(layouts)

        return cls(
            level=most([each.level for each in layouts]),
            relative={name: most([each.relative[name] for each in layouts]) for name in layouts[0].relative},
            holes=frozenset().union(*(each.holes for each in layouts)),
        )


@dataclass(frozen=True)
class Preprocessing:
    """Everything between the data and the network; learned on training rows only, saved next to the weights.

    Forecasts are learned as ``(path - anchor) / scale``: the change since the origin, in units of its spread over the
    training set. ``transform`` says what the path is.
    """

    target: str
    window: int
    horizon: int
    transform: Transform
    clock: Clock
    calendar: bool
    channels: tuple[Channel, ...]
    target_channels: int
    first: float
    scale: float
    covariates: Covariates = field(default_factory=Covariates)

    @classmethod
    def learn(
        cls,
        train: Part,
        *,
        window: int,
        transform: Transform,
        calendar: bool,
        features: bool,
        clock: Clock,
        covariates: Covariates | None = None,
        layout: Layout | None = None,
    ) -> Preprocessing:
        """Learn scales and channels from ``train``, whose frame ends with the training rows.

        ``layout`` is that of a panel, of which ``train`` is one series; None: what suits these rows.
        """
        schema = train.schema
        target = column_values(train.frame, schema.target)
        first = _first(target)
        anchors = transform.anchor(target)
        chosen = layout or Layout.of(train, transform, window, features)
        if transform.name == "difference":
            mine = [Channel.learn(schema.target, transform.apply(filled(target, first)), window, relative=False)]
        else:
            mine = [Channel.learn(schema.target, anchors, window, relative=True)]
            if chosen.level:
                mine.append(Channel.learn(schema.target, anchors, window, relative=False))
        others = [Channel.of_holes(schema.target)] if schema.target in chosen.holes else []
        for column, relative in chosen.relative.items():
            others.append(Channel.learn(column, column_values(train.frame, column), window, relative=relative))
            others += [Channel.of_holes(column)] if column in chosen.holes else []
        changes = anchors[train.origins + train.horizon] - anchors[train.origins]
        changes = changes[np.isfinite(changes)]
        scale = float(np.sqrt(np.mean(np.square(changes)))) if changes.size else 0.0
        if not scale > 0 and layout is not None:  # one constant series must not prevent learning the others
            scale = robust_scale(anchors[np.isfinite(anchors)])
        if not scale > 0:
            raise InvalidInput(
                "the target {target!r} never changes over {horizon} [row|rows] in the training set, so there is "
                "nothing to learn",
                where="train",
                next_step="choose another target",
                target=schema.target,
                horizon=train.horizon,
            )
        return cls(
            target=schema.target,
            window=window,
            horizon=train.horizon,
            transform=transform,
            clock=clock,
            calendar=calendar and clock.width > 0,
            channels=(*mine, *others),
            target_channels=len(mine),
            first=first,
            scale=scale,
            covariates=covariates or Covariates(),
        )

    @property
    def inputs(self) -> Inputs:
        """The sizes of one example."""
        ahead = self.covariates.width
        known = ahead + (self.clock.width if self.calendar else 0)
        return Inputs(self.window, len(self.channels), self.target_channels, known, self.horizon, ahead)

    def examples(self, part: Part, *, learning: bool) -> Examples:
        """Return the examples of ``part``; with ``learning`` only those with a whole window and known targets.

        Raises InvalidInput if an origin to predict from has fewer rows before it than the window.
        """
        origins, chosen = part.origins, np.arange(len(part.origins))
        if not learning and len(origins) and int(origins.min()) + 1 < self.window:
            raise InvalidInput(
                "{rows} [row|rows] of history [is|are] too few: this forecaster needs {window} [row|rows]",
                where="rows",
                next_step="send at least {window} rows",
                rows=int(origins.min()) + 1,
                window=self.window,
            )
        last = self.transform.anchor(self._target(part))
        targets: Single | None = None
        if learning:
            if part.targets is None:
                raise ValueError("a part without targets cannot be learned from")
            usable = (origins + 1 >= self.window) & np.isfinite(part.targets).all(axis=1)
            origins, chosen = origins[usable], chosen[usable]
            path = self.transform.anchor(part.targets[usable])
            targets = ((path - last[origins][:, None]) / self.scale).astype(np.float32)
        relative = np.array([channel.relative for channel in self.channels])
        known = self._known(part, chosen)
        scales = np.full(len(origins), self.scale)
        return Examples(self._scaled(part), relative, known, origins, self.window, targets, scales)

    def restore(self, part: Part, changes: Floats) -> Floats:
        """Convert from learned units back to the target's: ``(…, origin, horizon)`` in, the same shape out."""
        last = self.transform.anchor(self._target(part))
        return self.transform.from_anchor(last[part.origins][:, None] + changes * self.scale)

    def changes(self, part: Part, values: Floats) -> Floats:
        """Convert from the target's unit to learned units, the inverse of ``restore``; ``(origin, horizon)``."""
        last = self.transform.anchor(self._target(part))
        return np.asarray((self.transform.anchor(values) - last[part.origins][:, None]) / self.scale)

    def _known(self, part: Part, usable: Indices) -> Callable[[Indices], Single]:
        """Return a function from indices into ``usable`` (origins of the part) to their values known ahead: rows times
        horizon times features would not fit in memory."""

        def ahead(chosen: Indices) -> Single:
            parts = [np.zeros((len(chosen), self.horizon, 0))]
            if self.calendar:
                parts.append(self.clock.following(part.frame, part.origins[chosen], self.horizon))
            if self.covariates.width:
                parts.append(self.covariates.following(part, chosen, self.clock))
            return np.concatenate(parts, axis=2).astype(np.float32)

        if len(usable) * self.horizon * self.inputs.known > _KEPT_VALUES:
            return lambda indices: ahead(usable[indices])
        whole = ahead(usable)
        return lambda indices: whole[indices]

    def _scaled(self, part: Part) -> Floats:
        target = self.transform.apply(self._target(part))
        columns = [channel.scaled(target) for channel in self.channels[: self.target_channels]]
        for channel in self.channels[self.target_channels :]:
            columns.append(channel.scaled(column_values(part.frame, channel.column)))
        return np.stack(columns, axis=1)

    def _target(self, part: Part) -> Floats:
        return filled(column_values(part.frame, self.target), self.first)

    def to_dict(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return {
            "target": self.target,
            "window": self.window,
            "horizon": self.horizon,
            "transform": self.transform.to_dict(),
            "clock": self.clock.to_dict(),
            "calendar": self.calendar,
            "channels": [channel.to_dict() for channel in self.channels],
            "target_channels": self.target_channels,
            "first": self.first,
            "scale": self.scale,
            "covariates": self.covariates.to_dict(),
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, object]) -> Preprocessing:
        """Rebuild the object from the result of ``to_dict``."""
        return from_json(cls, fields)


def _first(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[0]) if known.size else 0.0
