"""Trees and forests of River as learners. River is imported when one of them starts, and nowhere else."""

from __future__ import annotations

import json
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic

import numpy as np
from pydantic import Field
from typing_extensions import TypeVar

from azuraforge.apps.online import codec
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.online.learner import (
    Answer,
    Answers,
    Example,
    Learner,
    LearnerContext,
    Origin,
    Steps,
)
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.contract.shape import in_turkish


class TreeConfig(Config):
    """Settings of an adaptive tree."""

    grace_period: int = Field(
        200,
        ge=10,
        le=100_000,
        title="Grace period",
        description="Number of examples in a leaf between two attempts to split it",
        json_schema_extra=in_turkish("Bekleme süresi", "Bir yaprağı bölme denemeleri arasındaki örnek sayısı")
        | search_range(50, 500),
    )
    max_depth: int = Field(
        20,
        ge=1,
        le=60,
        title="Depth",
        description="Largest depth of a tree",
        json_schema_extra=in_turkish("Derinlik", "Bir ağacın en büyük derinliği"),
    )


class ForestConfig(TreeConfig):
    """Settings of an adaptive random forest."""

    grace_period: int = Field(
        50,
        ge=10,
        le=100_000,
        title="Grace period",
        description="Number of examples in a leaf between two attempts to split it",
        json_schema_extra=in_turkish("Bekleme süresi", "Bir yaprağı bölme denemeleri arasındaki örnek sayısı")
        | search_range(20, 500),
    )
    trees: int = Field(
        10,
        ge=1,
        le=25,
        title="Trees",
        description="Number of trees",
        json_schema_extra=in_turkish("Ağaçlar", "Ağaç sayısı") | search_range(3, 25),
    )


RiverConfigT = TypeVar("RiverConfigT", bound=TreeConfig, default=TreeConfig)


def river() -> Any:
    """Return the package River. Raises InvalidInput if it is not installed."""
    try:
        import river
    except ImportError as error:
        raise InvalidInput(
            "River is not installed, so this learner cannot start",
            where="learner",
            next_step="install azuraforge[river]",
            code="river_missing",
        ) from error
    return river


class RiverLearner(Learner[RiverConfigT], Generic[RiverConfigT]):
    """Base class of learners that contain a model of River."""

    def start(self, run: LearnerContext[RiverConfigT]) -> None:
        self.run = run
        river()
        self._names = run.features
        self._model: Any = self.build(run.config, run.seed)

    @abstractmethod
    def build(self, config: RiverConfigT, seed: int) -> Any:
        """Return an untrained model."""

    def predict(self, origin: Origin) -> Answer | None:
        row = self.row(dict(zip(self._names, origin.features.tolist(), strict=True)))
        return None if row is None else Answer(row[0], tuple(row[1:]))

    @abstractmethod
    def row(self, given: dict[str, float]) -> list[float] | None:
        """Return the answer as a row of ``Answers``; None to abstain."""

    def learn(self, matured: Sequence[Example]) -> None:
        learn_one = self._model.learn_one
        for each in matured:
            learn_one(dict(zip(self._names, each.origin.features.tolist(), strict=True)), self.label(each.outcome))

    def label(self, outcome: float) -> float | int:
        """Return an outcome as the model learns it."""
        return int(outcome)

    def advance(self, steps: Steps, width: int) -> Answers:
        """Execute the steps without an object per row, which would take a quarter of the time."""
        names, learn_one, label = self._names, self._model.learn_one, self.label
        learned, outcomes = steps.learned_features.tolist(), steps.outcome.tolist()
        given, asked, abstained = steps.features.tolist(), steps.asked.tolist(), [math.nan] * width
        rows, done = [], 0
        for step, until in enumerate(steps.until.tolist()):
            while done < until:
                learn_one(dict(zip(names, learned[done], strict=True)), label(outcomes[done]))
                done += 1
            if asked[step]:
                rows.append(self.row(dict(zip(names, given[step], strict=True))) or abstained)
        return np.array(rows).reshape(len(rows), width)

    def save(self, folder: Path) -> None:
        (folder / "model.json").write_text(json.dumps(codec.encode(self._model), separators=(",", ":")))

    def load(self, run: LearnerContext[RiverConfigT], folder: Path) -> None:
        self.run = run
        river()
        self._names = run.features
        self._model = codec.decode(json.loads((folder / "model.json").read_text()))


class RiverClass(RiverLearner[RiverConfigT], Generic[RiverConfigT]):
    """Base class of classifiers of River."""

    task = "class"

    def row(self, given: dict[str, float]) -> list[float] | None:
        shares: dict[int, float] = self._model.predict_proba_one(given)
        if not shares:
            return None
        code = max(shares, key=shares.__getitem__)
        total = sum(shares.values())
        if not total > 0:
            shares, total = {code: 1.0}, 1.0
        return [float(code), *[shares.get(each, 0.0) / total for each in range(len(self.run.classes))]]


class RiverDirection(RiverLearner[RiverConfigT], Generic[RiverConfigT]):
    """Base class of classifiers of River that answer with the probability of a rise."""

    task = "direction"

    def row(self, given: dict[str, float]) -> list[float] | None:
        shares: dict[int, float] = self._model.predict_proba_one(given)
        total = sum(shares.values())
        return [shares.get(1, 0.0) / total] if total > 0 else None


class RiverNumber(RiverLearner[RiverConfigT], Generic[RiverConfigT]):
    """Base class of regressors of River."""

    task = "number"

    def row(self, given: dict[str, float]) -> list[float] | None:
        return [float(self._model.predict_one(given))]

    def label(self, outcome: float) -> float | int:
        return outcome


class _Tree:
    def build(self, config: TreeConfig, seed: int) -> Any:
        from river.tree import HoeffdingAdaptiveTreeClassifier

        return HoeffdingAdaptiveTreeClassifier(grace_period=config.grace_period, max_depth=config.max_depth, seed=seed)


class _Forest:
    def build(self, config: ForestConfig, seed: int) -> Any:
        from river.forest import ARFClassifier

        return ARFClassifier(
            n_models=config.trees, grace_period=config.grace_period, max_depth=config.max_depth, seed=seed
        )


_TREE = {"en": "Adaptive tree", "tr": "Uyarlanan ağaç"}
_FOREST = {"en": "Adaptive random forest", "tr": "Uyarlanan rastgele orman"}
_TREE_SUMMARY = {
    "en": "A Hoeffding adaptive tree of River, which replaces branches when their error changes.",
    "tr": "River'ın, hatası değişen dallarını yenileyen uyarlanan Hoeffding ağacı.",
}
_FOREST_SUMMARY = {
    "en": "An adaptive random forest of River with a limited number and depth of trees.",
    "tr": "River'ın, ağaç sayısı ve derinliği sınırlı uyarlanan rastgele ormanı.",
}


class TreeClass(_Tree, RiverClass[TreeConfig]):
    """A Hoeffding adaptive tree that predicts a class."""

    Config = TreeConfig
    title: ClassVar[Mapping[str, str]] = _TREE
    summary: ClassVar[Mapping[str, str]] = _TREE_SUMMARY


class TreeDirection(_Tree, RiverDirection[TreeConfig]):
    """A Hoeffding adaptive tree that predicts a direction."""

    Config = TreeConfig
    title: ClassVar[Mapping[str, str]] = _TREE
    summary: ClassVar[Mapping[str, str]] = _TREE_SUMMARY


class TreeNumber(RiverNumber[TreeConfig]):
    """A Hoeffding adaptive tree that predicts a number."""

    Config = TreeConfig
    title: ClassVar[Mapping[str, str]] = _TREE
    summary: ClassVar[Mapping[str, str]] = _TREE_SUMMARY

    def build(self, config: TreeConfig, seed: int) -> Any:
        from river.tree import HoeffdingAdaptiveTreeRegressor

        return HoeffdingAdaptiveTreeRegressor(grace_period=config.grace_period, max_depth=config.max_depth, seed=seed)


class ForestClass(_Forest, RiverClass[ForestConfig]):
    """An adaptive random forest that predicts a class."""

    Config = ForestConfig
    title: ClassVar[Mapping[str, str]] = _FOREST
    summary: ClassVar[Mapping[str, str]] = _FOREST_SUMMARY


class ForestDirection(_Forest, RiverDirection[ForestConfig]):
    """An adaptive random forest that predicts a direction."""

    Config = ForestConfig
    title: ClassVar[Mapping[str, str]] = _FOREST
    summary: ClassVar[Mapping[str, str]] = _FOREST_SUMMARY


class ForestNumber(RiverNumber[ForestConfig]):
    """An adaptive random forest that predicts a number."""

    Config = ForestConfig
    title: ClassVar[Mapping[str, str]] = _FOREST
    summary: ClassVar[Mapping[str, str]] = _FOREST_SUMMARY

    def build(self, config: ForestConfig, seed: int) -> Any:
        from river.forest import ARFRegressor

        return ARFRegressor(
            n_models=config.trees, grace_period=config.grace_period, max_depth=config.max_depth, seed=seed
        )
