"""The contract of a learner: a model that answers at each row, and learns when the outcome of an answer is known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeAlias

from pydantic import BaseModel, JsonValue
from typing_extensions import TypeVar  # supports defaults; a dependency of pydantic

if TYPE_CHECKING:  # the API and the supervisor import the contract without loading NumPy
    import numpy as np

    from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
    from azuraforge.plugins.contract.rows import Keys

ConfigT = TypeVar("ConfigT", bound=BaseModel, default=Any)
ConfigT_co = TypeVar("ConfigT_co", bound=BaseModel, covariant=True, default=Any)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Answers, ``(origin, width)``, in the order of the origins; a row of NaN is an abstention.
Answers: TypeAlias = "Floats"


def time_of(microseconds: int) -> datetime:
    """Return an event time, in microseconds since 1970-01-01 UTC, as a datetime.

    Example:
        >>> time_of(60_000_000)
        datetime.datetime(1970, 1, 1, 0, 1, tzinfo=datetime.timezone.utc)
    """
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds_of(time: datetime) -> int:
    """Return a time as microseconds since 1970-01-01 UTC.

    Example:
        >>> microseconds_of(time_of(1_700_000_000_123_456))
        1700000000123456
    """
    return (time - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """A row at which the learner answers.

    Attributes:
        seq: number of the row in the feed.
        at: event time in microseconds since 1970-01-01 UTC.
        key: name of the row's key; empty if the feed has none.
        features: ``(feature,)`` finite values, computed from this row and earlier rows.
    """

    seq: int
    at: int
    key: str
    features: Floats

    @property
    def time(self) -> datetime:
        """The event time as a datetime."""
        return time_of(self.at)


@dataclass(frozen=True, slots=True)
class Example:
    """An origin whose outcome is known.

    Attributes:
        origin: the origin, as it was when the learner answered.
        outcome: code of the class (``class``), 1 for up and 0 otherwise (``direction``), or the number (``number``).
        known_at: event time at which the outcome became known, in microseconds since 1970-01-01 UTC.
    """

    origin: Origin
    outcome: float
    known_at: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a learner at one origin.

    Attributes:
        value: code of the most probable class (``class``), probability of up (``direction``), or the predicted number
            (``number``).
        probabilities: ``class`` only: the probability of each class; empty if the answer is certain.

    Example:
        >>> Answer(1, (0.25, 0.75)).row(classes=2).tolist(), Answer(1).row(classes=2).tolist()
        ([1.0, 0.25, 0.75], [1.0, 0.0, 1.0])
        >>> Answer(0.5).row(classes=0).tolist()
        [0.5]
    """

    value: float
    probabilities: tuple[float, ...] = ()

    def row(self, classes: int) -> Floats:
        """Return the answer as a row of ``Answers``: the value, then the probability of each of ``classes`` classes.

        Raises ValueError if the number of probabilities is not the number of classes.
        """
        import numpy as np

        row = np.zeros(1 + classes)
        row[0] = self.value
        if classes and not self.probabilities:
            row[1 + int(self.value)] = 1.0
        elif len(self.probabilities) != classes:
            raise ValueError(f"the answer has {len(self.probabilities)} probabilities for {classes} classes")
        else:
            row[1:] = self.probabilities
        return row


@dataclass(frozen=True)
class Result:
    """The result of a run that the learner requested with ``LearnerContext.request``.

    Attributes:
        name: name that the request had.
        kind: kind of the run.
        state: final state of the run.
        body: summary of the run, as JSON.
        folder: folder with the files of the run's version; None if it has none.
    """

    name: str
    kind: str
    state: Literal["succeeded", "failed", "cancelled"]
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    folder: Path | None = None


class LearnerContext(Protocol[ConfigT_co]):
    """The platform services available to a learner.

    Attributes:
        config: validated config.
        seed: seed of the learner.
        features: names of the features, in the order of ``Origin.features``.
        classes: names of the classes in the order of their codes; empty for other tasks.
        random: random numbers; the platform saves and restores their state. Do not use any other.
        others: learner name → last answer, ``(width,)``, of each learner that this one follows.
    """

    @property
    def config(self) -> ConfigT_co: ...
    @property
    def seed(self) -> int: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def random(self) -> np.random.Generator: ...
    @property
    def others(self) -> Mapping[str, Floats]: ...
    @property
    def now(self) -> datetime:
        """The event time of the present input. It is the only clock."""
        ...

    def timer(self, name: str, *, every: timedelta | None = None, at: datetime | None = None) -> None:
        """Set the timer ``name``, which replaces an earlier one of this name; ``fire`` is called when it is due.

        Args:
            name: name of the timer.
            every: period. The timer is due at each multiple of the period since 1970-01-01 UTC.
            at: time at which the timer is due once. A time that has passed is due at the next input.
        """

    def request(self, name: str, kind: Literal["train", "study", "learn"], body: Mapping[str, JsonValue]) -> None:
        """Request a run of ``kind``; ``adopt`` receives its result. A repeated request of one origin is ignored."""

    def log(self, **metrics: float) -> None:
        """Record the value of each named metric at the present event time."""

    def note(self, markdown: str) -> None:
        """Add a paragraph of Markdown to the learner's timeline."""

    def secret(self, name: str) -> str:
        """Return the value of a secret that the config names. Raises InvalidInput if it is not available."""


@dataclass(frozen=True)
class Steps:
    """Consecutive steps of the loop. At each step outcomes become known, and an origin may be answered.

    Iteration yields ``(matured, origin)`` for each step. Before each, it sets ``LearnerContext.now`` and fires the
    timers that are due.

    Attributes:
        keys: names that ``key`` and ``learned_key`` index.
        seq, at, key: ``(step,)`` number, time and key of the row of each step.
        features: ``(step, feature)``; meaningful where ``asked``.
        asked: ``(step,)`` whether the step has an origin.
        until: ``(step,)`` number of examples that are learned up to and including this step.
        learned_seq, learned_at, learned_key: ``(example,)`` number, time and key of the origin of each example.
        learned_features: ``(example, feature)``.
        outcome: ``(example,)``.
        known_at: ``(example,)`` time at which the outcome became known.
        enter: called with the position of each step before it; None if there is nothing to do.

    Example:
        >>> steps = steps_of([[1.0], [2.0]], [0.0, 1.0])
        >>> [([each.outcome for each in matured], origin.features.tolist()) for matured, origin in steps]
        [([], [1.0]), ([0.0], [2.0]), ([1.0], [2.0])]
    """

    keys: tuple[str, ...]
    seq: Indices
    at: Indices
    key: Keys
    features: Floats
    asked: Flags
    until: Indices
    learned_seq: Indices
    learned_at: Indices
    learned_key: Keys
    learned_features: Floats
    outcome: Floats
    known_at: Indices
    enter: Callable[[int], None] | None = None

    def __len__(self) -> int:
        return len(self.seq)

    def __iter__(self) -> Iterator[tuple[list[Example], Origin | None]]:
        done = 0
        for step in range(len(self.seq)):
            if self.enter is not None:
                self.enter(step)
            until = int(self.until[step])
            matured = [self.example(each) for each in range(done, until)]
            done = until
            yield matured, self.origin(step) if self.asked[step] else None

    def origin(self, step: int) -> Origin:
        """Return the origin of a step."""
        return Origin(int(self.seq[step]), int(self.at[step]), self.keys[self.key[step]], self.features[step])

    def example(self, index: int) -> Example:
        """Return one of the examples."""
        origin = Origin(
            int(self.learned_seq[index]),
            int(self.learned_at[index]),
            self.keys[self.learned_key[index]],
            self.learned_features[index],
        )
        return Example(origin, float(self.outcome[index]), int(self.known_at[index]))


class Learner(ABC, Generic[ConfigT]):
    """Base class of learners. The platform calls the methods in a documented order, always in event time.

    At equal times the order is: the row (keys by name), outcomes that become known are judged, ``learn``, ``predict``,
    timers, commands and results, checkpoint. The platform computes the outcomes from the requested target; a learner
    never sees an outcome before it is known.

    A learner must not read a clock, and must not use other random numbers than ``LearnerContext.random``, so that a
    repetition of the same inputs gives the same bits. ``azuraforge.testing.check_learner`` checks it.

    Attributes:
        name: name under which runs request the learner. Required in a dropped-in file; a package may omit it, because
            its entry point has a name.
        task: name of the task kind: ``class``, ``direction`` or ``number``, or a task kind of a plugin.
        Config: model of the settings.
        actions: name → model of the request, for commands of its own.
        title, summary: texts by language code.
        run: services of the platform; set before ``start`` or ``load`` is called.
    """

    name: ClassVar[str]
    task: ClassVar[str]
    Config: ClassVar[type[BaseModel]]
    actions: ClassVar[Mapping[str, type[BaseModel]]] = {}
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    run: LearnerContext[ConfigT]

    @abstractmethod
    def start(self, run: LearnerContext[ConfigT]) -> None:
        """Begin without knowledge, and set the timers."""

    @abstractmethod
    def predict(self, origin: Origin) -> Answer | None:
        """Return the answer at ``origin``; None to abstain. The answer must not depend on later calls."""

    @abstractmethod
    def learn(self, matured: Sequence[Example]) -> None:
        """Learn from examples whose outcomes are known, in the order of their origins."""

    def fire(self, timer: str, due: datetime) -> None:
        """React to a timer; ``due`` is the time at which it was due. The default does nothing."""
        return

    def adopt(self, result: Result) -> None:
        """Use the result of a requested run. The default does nothing."""
        return

    def act(self, action: str, request: BaseModel) -> dict[str, JsonValue]:
        """Execute one of the ``actions`` and return its response as JSON.

        The default raises NotImplementedError, because a learner that declares an action must override this method.
        """
        raise NotImplementedError(action)

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write everything that the learner knows into ``folder``, as safetensors and JSON."""

    @abstractmethod
    def load(self, run: LearnerContext[ConfigT], folder: Path) -> None:
        """Restore what ``save`` wrote; later answers must be bit-identical. Timers are restored by the platform."""

    def advance(self, steps: Steps, width: int) -> Answers:
        """Execute consecutive steps and return the answers, ``(origin, width)``, of those that have an origin.

        The default calls ``learn`` and ``predict``. An override must return the same bits; one that does not iterate
        over ``steps`` must not set a timer that is due within them.
        """
        import numpy as np

        rows: list[Floats] = []
        for matured, origin in steps:
            if matured:
                self.learn(matured)
            if origin is not None:
                answer = self.predict(origin)
                rows.append(np.full(width, np.nan) if answer is None else answer.row(width - 1))
        return np.array(rows).reshape(len(rows), width)


#: A learner of any config.
AnyLearner: TypeAlias = Learner[Any]


def steps_of(features: object, outcomes: Sequence[float]) -> Steps:
    """Return steps in which each outcome becomes known at the step after its origin, for tests and examples.

    A last step without an origin of its own repeats the last row, so that the last outcome is learned, too.
    """
    import numpy as np

    table = np.ascontiguousarray(features, dtype=np.float64)
    rows = len(table)
    if rows != len(outcomes):
        raise ValueError(f"{rows} rows have {len(outcomes)} outcomes")
    numbers = np.arange(1, rows + 2, dtype=np.int64)
    known = np.arange(0, rows + 1, dtype=np.int64)
    return Steps(
        keys=("",),
        seq=numbers,
        at=numbers * 1_000_000,
        key=np.zeros(rows + 1, np.int32),
        features=np.concatenate([table, table[-1:]]),
        asked=np.ones(rows + 1, np.bool_),
        until=known,
        learned_seq=numbers[:-1],
        learned_at=numbers[:-1] * 1_000_000,
        learned_key=np.zeros(rows, np.int32),
        learned_features=table,
        outcome=np.asarray(outcomes, dtype=np.float64),
        known_at=numbers[1:] * 1_000_000,
    )
