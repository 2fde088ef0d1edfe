"""The baselines of the task kinds of learners, as learners of their own, so that each can become champion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from safetensors.numpy import load_file, save_file

from azuraforge.plugins.contract.online.kind import Baseline, OnlineKind
from azuraforge.plugins.contract.online.learner import Answer, Example, Learner, LearnerContext, Origin
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS


class BaselineConfig(Config):
    """Settings of a baseline, which has none."""


class BaselineLearner(Learner[BaselineConfig]):
    """Base class of learners that answer by one rule of a task kind, for each key by itself."""

    rule: ClassVar[str]
    Config = BaselineConfig

    def start(self, run: LearnerContext[BaselineConfig]) -> None:
        self.run = run
        self._kind: OnlineKind = ONLINE_KINDS[self.task]()
        self._classes = len(run.classes)
        self._rules: dict[str, Baseline] = {}

    def predict(self, origin: Origin) -> Answer | None:
        said = self._of(origin.key).advance(np.zeros(0), np.zeros(1, np.int64))[0].tolist()
        return None if np.isnan(said[0]) else Answer(said[0], tuple(said[1:]))

    def learn(self, matured: Sequence[Example]) -> None:
        for each in matured:
            self._of(each.origin.key).advance(np.array([each.outcome]), np.zeros(0, np.int64))

    def save(self, folder: Path) -> None:
        (folder / "keys.json").write_text(json.dumps(list(self._rules)))
        save_file(
            {str(number): rule.state for number, rule in enumerate(self._rules.values())}, folder / "rules.safetensors"
        )

    def load(self, run: LearnerContext[BaselineConfig], folder: Path) -> None:
        self.start(run)
        states = load_file(folder / "rules.safetensors")
        for number, key in enumerate(json.loads((folder / "keys.json").read_text())):
            self._rules[key] = self._kind.baseline(self.rule, self._classes, states[str(number)])

    def _of(self, key: str) -> Baseline:
        rule = self._rules.get(key)
        if rule is None:
            rule = self._rules[key] = self._kind.baseline(self.rule, self._classes)
        return rule


class Majority(BaselineLearner):
    """The most frequent class so far."""

    task, rule = "class", "online.majority"
    title: ClassVar[Mapping[str, str]] = {"en": "Majority", "tr": "Çoğunluk"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The most frequent class so far.",
        "tr": "Şimdiye kadarki en sık sınıf.",
    }


class LastClass(BaselineLearner):
    """The last known class."""

    task, rule = "class", "online.last_class"
    title: ClassVar[Mapping[str, str]] = {"en": "Last class", "tr": "Son sınıf"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The last known class again.",
        "tr": "Bilinen son sınıfın yinelenmesi.",
    }


class UpShare(BaselineLearner):
    """The share of rises so far."""

    task, rule = "direction", "online.up_share"
    title: ClassVar[Mapping[str, str]] = {"en": "Share of rises", "tr": "Yükseliş payı"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The share of rises so far, as the probability of a rise.",
        "tr": "Yükseliş olasılığı olarak, şimdiye kadarki yükselişlerin payı.",
    }


class LastDirection(BaselineLearner):
    """The last known direction."""

    task, rule = "direction", "online.last_direction"
    title: ClassVar[Mapping[str, str]] = {"en": "Last direction", "tr": "Son yön"}
    summary: ClassVar[Mapping[str, str]] = {"en": "The last known direction again.", "tr": "Bilinen son yönün sürmesi."}


class Reversal(BaselineLearner):
    """The opposite of the last known direction."""

    task, rule = "direction", "online.reversal"
    title: ClassVar[Mapping[str, str]] = {"en": "Reversal", "tr": "Tersine dönüş"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The opposite of the last known direction.",
        "tr": "Bilinen son yönün tersi.",
    }


class AlwaysUp(BaselineLearner):
    """A rise at each row."""

    task, rule = "direction", "online.always_up"
    title: ClassVar[Mapping[str, str]] = {"en": "Always up", "tr": "Hep yükseliş"}
    summary: ClassVar[Mapping[str, str]] = {"en": "A rise at each row.", "tr": "Her satırda yükseliş."}


class RunningMean(BaselineLearner):
    """The mean of the outcomes so far."""

    task, rule = "number", "online.running_mean"
    title: ClassVar[Mapping[str, str]] = {"en": "Running mean", "tr": "Yürüyen ortalama"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The mean of the outcomes so far.",
        "tr": "Şimdiye kadarki sonuçların ortalaması.",
    }


class LastValue(BaselineLearner):
    """The last known outcome."""

    task, rule = "number", "online.last_value"
    title: ClassVar[Mapping[str, str]] = {"en": "Last value", "tr": "Son değer"}
    summary: ClassVar[Mapping[str, str]] = {
        "en": "The last known outcome again.",
        "tr": "Bilinen son sonucun yinelenmesi.",
    }
