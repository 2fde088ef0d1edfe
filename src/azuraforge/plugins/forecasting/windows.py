"""Conversion of a part into examples for a network: windows of scaled channels, values known ahead, and targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

#: Maximum number of known-ahead values of a part that are computed once and kept (16 MiB); more are computed per batch.
_KEPT_VALUES = 4_000_000


@dataclass(frozen=True)
class Inputs:
    """Sizes of the inputs of one example, from which a network is built.

    Attributes:
        window: number of past rows.
        channels: number of values per row of the window, the values of the target first.
        target_channels: number of channels of the target.
        known: number of known-ahead values per future row, calendar features first.
        horizon: number of rows ahead.
        ahead: number of known-ahead values that come from holidays and columns; they follow the calendar features.
    """

    window: int
    channels: int
    target_channels: int
    known: int
    horizon: int
    ahead: int = 0


class Examples:
    """Dataset of windows, cut when they are read, for ``azuraforge.engine.data.Batches``.

    Args:
        scaled: ``(row, channel)``, scaled values.
        relative: ``(channel,)``, whether a window contains differences from its last row.
        known: function that returns the known-ahead values ``(example, horizon, known)`` for indices of examples.
        origins: ``(example,)``, row of each example's origin.
        window: number of past rows.
        targets: ``(example, horizon)``, scaled changes since the origin; None if unknown.
        scales: ``(example,)``, unit of the targets.
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
        """Return the examples of several series, one series after another; no window mixes rows of two series.

        All ``parts`` must have the same channels and the same relative channels.
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
        """Return the windows, the known-ahead values and, if known, the targets of the examples ``indices``.

        Shapes: ``(example, window, channel)``, ``(example, horizon, known)`` and ``(example, horizon)``.
        """
        windows = self._scaled[self.origins[indices][:, None] + self._offsets]
        windows[:, :, self._relative] -= windows[:, -1:, self._relative]
        np.clip(windows, -LIMIT, LIMIT, out=windows)
        parts = (windows.astype(np.float32), self._known(indices))
        return parts if self._targets is None else (*parts, self._targets[indices])

    def chunks(self, size: int) -> Iterator[tuple[Single, ...]]:
        """Yield the arrays of ``gather`` for all examples in order, ``size`` examples at a time."""
        for start in range(0, len(self), size):
            yield self.gather(np.arange(start, min(start + size, len(self))))


@dataclass(frozen=True)
class Layout:
    """Channels of a window, the same for all series of a panel; the scales differ by series.

    Attributes:
        level: whether the level of the target is an input in addition to its changes.
        relative: column → whether its values are measured from the last row of the window; the target is not included.
        holes: columns, possibly including the target, whose missing values are marked by an additional channel.
    """

    level: bool
    relative: Mapping[str, bool]
    holes: frozenset[str]

    @classmethod
    def of(cls, train: Part, transform: Transform, window: int, features: bool) -> Layout:
        """Return the layout for the training rows of one series. Raises InvalidInput if a column has no known value."""
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
        """Return the layout that suits the majority of series; gaps are marked if any series marks them."""

        def most(chosen: Sequence[bool]) -> bool:
            return 2 * sum(chosen) > len(layouts)

        return cls(
            level=most([each.level for each in layouts]),
            relative={name: most([each.relative[name] for each in layouts]) for name in layouts[0].relative},
            holes=frozenset().union(*(each.holes for each in layouts)),
        )


@dataclass(frozen=True)
class Preprocessing:
    """Conversion between the data and the inputs and outputs of a network, learned on training rows only.

    A network learns ``(path - anchor) / scale``: the change since the origin, in units of the root mean square change
    in the training set; see ``Transform`` for path and anchor.

    Attributes:
        target: name of the target column.
        window: number of past rows.
        horizon: number of rows ahead.
        transform: transformation of the target.
        clock: time axis with the calendar features.
        calendar: whether calendar features are inputs.
        channels: channels of the window, the channels of the target first.
        target_channels: number of channels of the target.
        first: replacement for missing target values before the first known value.
        scale: unit of the network's outputs.
        covariates: covariates known ahead.
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

        If ``train`` is a series of a panel, ``layout`` is the layout of the panel; if None, it is chosen for ``train``.
        Raises InvalidInput if the target of a single series does not change within the horizon, or if a column has no
        known value.
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
        if not scale > 0 and layout is not None:  # a constant series must not prevent learning the other series
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
        """Sizes of the inputs of one example."""
        ahead = self.covariates.width
        known = ahead + (self.clock.width if self.calendar else 0)
        return Inputs(self.window, len(self.channels), self.target_channels, known, self.horizon, ahead)

    def examples(self, part: Part, *, learning: bool) -> Examples:
        """Return the examples of ``part``; if ``learning``, without incomplete windows and unknown targets.

        Raises InvalidInput if ``part`` lacks a column, or if not ``learning`` and an origin has fewer rows up to it
        than the window. Raises ValueError if ``learning`` and the part has no targets.
        """
        origins, chosen = part.origins, np.arange(len(part.origins))
        if not learning and len(origins) and int(origins.min()) + 1 < self.window:
            raise InvalidInput(
                "{rows} [row|rows] of history [is|are] too few: this forecaster needs {window} [row|rows]",
                where="rows",
                next_step="send at least {window} [row|rows]",
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
        """Convert changes ``(…, origin, horizon)`` in units of the network to values of the target."""
        last = self.transform.anchor(self._target(part))
        return self.transform.from_anchor(last[part.origins][:, None] + changes * self.scale)

    def changes(self, part: Part, values: Floats) -> Floats:
        """Convert values of the target ``(origin, horizon)`` to units of the network, the inverse of ``restore``."""
        last = self.transform.anchor(self._target(part))
        return np.asarray((self.transform.anchor(values) - last[part.origins][:, None]) / self.scale)

    def _known(self, part: Part, usable: Indices) -> Callable[[Indices], Single]:
        """Return a function that returns the known-ahead values for indices into ``usable``, origins of the part.

        The values of all origins together may not fit into memory.
        """

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
        """Rebuild the object from the result of ``to_dict``. Raises pydantic's ValidationError for invalid fields."""
        return from_json(cls, fields)


def _first(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[0]) if known.size else 0.0


def complete_windows(parts: Iterable[Part], window: int) -> int:
    """Return the number of origins with a whole window before them and known targets; one part for each series."""
    return sum(
        int(np.count_nonzero((part.origins + 1 >= window) & np.isfinite(part.targets).all(axis=1)))
        for part in parts
        if part.targets is not None
    )


def too_far(learned: int, asked: int) -> InvalidInput:
    """Return the error of a horizon that a forecaster has not learned."""
    return InvalidInput(
        "this forecaster predicts {learned} [row|rows] ahead, not {asked}",
        where="horizon",
        next_step="train the model again with this horizon",
        learned=learned,
        asked=asked,
    )
