"""The contract of features: causal columns that are computed from the rows of a feed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias

from pydantic import BaseModel
from typing_extensions import TypeVar  # supports defaults; a dependency of pydantic

if TYPE_CHECKING:
    from azuraforge.plugins.contract.arrays import Floats
    from azuraforge.plugins.contract.rows import Span

ConfigT = TypeVar("ConfigT", bound=BaseModel, default=Any)
#: State of a set of features between two spans; the class of the state is up to the plugin.
State = TypeVar("State", default=Any)


class Features(ABC, Generic[ConfigT, State]):
    """Base class of features, which compute columns of a feed from its rows up to the present one.

    A row of the result may depend on this row and on earlier rows only. The bits of the result must not depend on how
    the rows are cut into spans. ``azuraforge.testing.check_features`` checks both.

    Rows of the kinds ``REVISION``, ``TICK``, ``LATE`` and ``GAP`` have results too, which nothing uses; they must not
    change the state. Rows of the kind ``FILLED`` change it like ordinary rows.

    Attributes:
        name: name under which learners request the features. Required in a dropped-in file; a package may omit it,
            because its entry point has a name.
        Config: model of the settings.
        title, summary: texts by language code.
    """

    name: ClassVar[str]
    Config: ClassVar[type[BaseModel]]
    title: ClassVar[Mapping[str, str]] = {}
    summary: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def columns(self, config: ConfigT) -> tuple[str, ...]:
        """Return the names of the computed columns."""

    def warmup(self, config: ConfigT) -> int:
        """Return the number of rows of a key after which its columns are valid; the default is 0."""
        return 0

    @abstractmethod
    def open(self, config: ConfigT, keys: tuple[str, ...]) -> State:
        """Return the state before the first row. Keys that are not in ``keys`` may occur in later spans."""

    @abstractmethod
    def advance(self, state: State, span: Span) -> Floats:
        """Return the columns of the rows of ``span``, ``(row, column)``, and change ``state`` accordingly.

        ``span.columns`` is the same for all spans. ``span.keys`` may differ; a key is identified by its name.
        """

    @abstractmethod
    def save(self, state: State, folder: Path) -> None:
        """Write the state into ``folder`` as safetensors and JSON."""

    @abstractmethod
    def load(self, folder: Path) -> State:
        """Return the state that ``save`` wrote; its later results must be bit-identical."""


#: Features of any config and state.
AnyFeatures: TypeAlias = Features[Any, Any]
