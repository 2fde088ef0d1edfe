"""Model card of a version as Markdown, in English and Turkish, generated from stored rows only.

The only field that users write is the model's intended use. The card does not depend on when it is generated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from azuraforge.messages import Code, keyed
from azuraforge.messages.formats import separated, signed_for_readers
from azuraforge.models.gate.reasons import percent
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.tables import ModelVersion
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of
from azuraforge.plugins.contract.task_kind import TaskKindFacts
from azuraforge.row_time import row_time
from azuraforge.strict_json import JsonObject

Language = Code


@dataclass(frozen=True)
class _Texts:
    """Texts of the card in one language, by key."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        return keyed(f"cards.{key}", self.language, **values)


@dataclass(frozen=True)
class Evaluated:
    """Stored evaluation with its verdict."""

    evaluation: Evaluation
    verdict: VerdictRecord

    def document(self) -> JsonObject:
        """Return evaluation and verdict as JSON."""
        return {"evaluation": self.evaluation.model_dump(mode="json"), "verdict": self.verdict.model_dump(mode="json")}


def card(
    model: str,
    row: ModelVersion,
    evaluated: Evaluated | None,
    intended_use: str | None,
    dataset: str | None,
    kind: TaskKindFacts | None,
    language: Language,
) -> str:
    """Return the card as Markdown without HTML: headings, paragraphs, lists and tables.

    Args:
        model: name of the model.
        row: version.
        evaluated: evaluation and verdict of the version; None if it was never evaluated.
        intended_use: text that users wrote; None if there is none.
        dataset: name of the dataset that the version learned from; None if the dataset is not in this project.
        kind: facts about the version's task kind; None if no installed plugin provides it.
        language: ``en`` or ``tr``.
    """
    say = _Texts(language)
    blocks = [
        f"# {say('title')}: {_plain(model)} v{row.version}",
        *([say("imported", **_origin(row))] if row.imported else []),
        _table([say("field"), say("value")], _what(row, kind, say, language)),
        f"## {say('intended_use')}",
        _quoted(intended_use) if intended_use else say("no_intended_use"),
        f"## {say('data')}",
        _table([say("field"), say("value")], _data(row, evaluated, dataset, say)),
        f"## {say('scores')}",
        *_scores(row, evaluated, say, language),
        *_members(row, evaluated, say, language),
        f"## {say('verdict')}",
        *_verdict(evaluated, say, language),
        f"## {say('limits')}",
        "\n".join(f"- {line}" for line in _limits(row, evaluated, say, language)),
    ]
    return "\n\n".join(blocks) + "\n"


def _what(row: ModelVersion, kind: TaskKindFacts | None, say: _Texts, language: Language) -> list[tuple[str, str]]:
    schema = row.schema
    unit = schema.unit or say("not_stated")
    return [
        (say("task"), row.kind if kind is None else text_of(kind.title, language)),
        (say("target"), f"{schema.target} ({unit})"),
        (say("plugin"), f"{row.plugin} {row.plugin_version or ''}".strip()),
        (say("run"), row.run_id or "–"),
        (say("code_version"), row.code_version),
        (say("seed"), str(row.seed)),
        (say("content_hash"), row.content_hash),
        (say("weights_hash"), row.weights_sha256 or "–"),
        (say("size"), f"{row.bytes} {say('bytes')}"),
        (say("config"), ", ".join(f"{name}={_value(value, say)}" for name, value in sorted(row.config.items()))),
    ]


def _value(value: object, say: _Texts) -> str:
    """Return a setting in readable form, without Python's notation."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return say("yes" if value else "no")
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _data(row: ModelVersion, evaluated: Evaluated | None, dataset: str | None, say: _Texts) -> list[tuple[str, str]]:
    named = f"{dataset} v{row.dataset_version}" if dataset else say("not_here")
    facts = [(say("dataset"), named), (say("fingerprint"), row.dataset_fingerprint or "–")]
    learned = row.learned_from
    if learned.evaluated is None:
        facts.append((say("learned_from"), _range(learned, row.schema, say)))
    else:
        facts.append((say("refitted_on"), _range(learned, row.schema, say)))
        facts.append((say("evaluated_from"), _range(learned.evaluated, row.schema, say)))
        facts.append((say("evaluated_hash"), learned.evaluated.weights_sha256 or "–"))
    if evaluated is not None:
        facts.append((say("test_part"), _range(evaluated.evaluation.parts.get("test"), row.schema, say)))
    if row.schema.frequency:
        facts.append((say("frequency"), row.schema.frequency))
    return facts


class _Rows(Protocol):
    """Protocol of a range of rows, with the times of the first and the last row if rows have times."""

    @property
    def rows(self) -> int | None: ...
    @property
    def start(self) -> str | None: ...
    @property
    def end(self) -> str | None: ...


def _range(part: _Rows | None, schema: DatasetSchema, say: _Texts) -> str:
    if part is None:
        return "–"
    rows = say("rows", rows=part.rows) if part.rows is not None else ""
    ends = f"{row_time(part.start, schema)} – {row_time(part.end, schema)}" if part.start and part.end else ""
    return ", ".join(each for each in (ends, rows) if each) or "–"


def _scores(row: ModelVersion, evaluated: Evaluated | None, say: _Texts, language: Language) -> list[str]:
    if evaluated is None:
        return [say("not_judged")]
    contenders = evaluated.evaluation.contenders
    columns = [
        metric
        for metric in evaluated.evaluation.metrics
        if metric.detail == "main" and any(each.metrics.get(metric.name) is not None for each in contenders)
    ]
    lines = [
        [each.name, say(f"role.{each.role}")]
        + [_metric(metric, each.metrics.get(metric.name), language) for metric in columns]
        for each in contenders
    ]
    names = [text_of(metric.title, language) for metric in columns]
    return [say("same_rows"), _table([say("contender"), say("role"), *names], lines)]


def _members(row: ModelVersion, evaluated: Evaluated | None, say: _Texts, language: Language) -> list[str]:
    """Return the section about the predictors that a version combines; empty if it does not combine any.

    A version of a baseline has no such section: the composition belongs to the candidate of its run.
    """
    evaluation = None if evaluated is None else evaluated.evaluation
    found = None if evaluation is None else evaluation.composition
    if evaluation is None or found is None or evaluation.candidate.name != row.plugin:
        return []
    heads = [say("member"), say("weight"), text_of(found.measure, language)]
    lines = [
        [each.name, percent(each.weight, language), "–" if each.score is None else _number(each.score, language)]
        for each in found.members
        if each.weight
    ]
    gone = [f"- {say('left_out')} {each.name}: {_plain(text_of(each.reason, language))}" for each in found.left_out]
    kept = [
        f"- {say('not_refitted')} {each.name}: {_plain(text_of(each.reason, language))}" for each in found.not_refitted
    ]
    blocks = [f"## {say('members')}", say(f"members.{found.rule}"), _table(heads, lines)]
    return [*blocks, "\n".join([*gone, *kept])] if gone or kept else blocks


def _verdict(evaluated: Evaluated | None, say: _Texts, language: Language) -> list[str]:
    if evaluated is None:
        return [say("no_verdict")]
    verdict = evaluated.verdict
    own = ("withheld", "awaits_approval", "serves_unproven")
    stated = verdict.headline if verdict.headline in own else verdict.decision
    decision = say(f"decision.{stated}", approved=_plain(verdict.approved or "–"))
    reasons = "\n".join(f"- {_plain(getattr(each.text, language))}" for each in verdict.reasons)
    number = verdict.policy.number
    under = say("policy", number=number) if number else say("own_policy")
    return [f"**{decision}**", reasons, under]


def _limits(row: ModelVersion, evaluated: Evaluated | None, say: _Texts, language: Language) -> list[str]:
    found = []
    learned = row.learned_from
    if learned.start and learned.end:
        seen = {"start": row_time(learned.start, row.schema), "end": row_time(learned.end, row.schema)}
        found.append(say("limit.learned", **seen))
        if learned.evaluated is not None:
            found.append(say("limit.refitted"))
    if evaluated is None:
        found.append(say("limit.not_judged"))
    else:
        found += _limits_of(evaluated.evaluation, row, say, language)
    found.append(say("limit.future"))
    return found


def _limits_of(evaluation: Evaluation, row: ModelVersion, say: _Texts, language: Language) -> Iterator[str]:
    test = evaluation.parts.get("test")
    if test is not None and test.start and test.end:
        judged = test.rows if test.origins is None else test.origins
        tested = {"start": row_time(test.start, row.schema), "end": row_time(test.end, row.schema)}
        yield say("limit.test", **tested, origins=judged)
    if evaluation.horizon:
        yield say("limit.horizon", horizon=evaluation.horizon)
    scores = next((each.metrics for each in evaluation.contenders if each.name == row.plugin), {})
    best, skill, covered = evaluation.best_baseline, scores.get("skill"), scores.get("coverage")
    if skill is not None and best != row.plugin and skill <= 0 and (metric := evaluation.metric("skill")):
        yield say("limit.no_skill", baseline=best, skill=_metric(metric, skill, language))
    if covered is not None and (metric := evaluation.metric("coverage")):
        yield say("limit.coverage", covered=_metric(metric, covered, language))
    yield from (_plain(text_of(each.text, language)) for each in evaluation.findings if each.contender == row.plugin)
    if evaluation.classes:
        yield say("limit.classes", count=len(evaluation.classes))
    for failed in evaluation.failed:
        yield say("limit.failed", name=failed.name, reason=_plain(text_of(failed.reason, language)))
    if (weights := evaluation.pretraining) is not None:
        facts = [weights.trained_on or say("pretrained.not_stated")]
        facts += [say("pretrained.until", until=weights.until)] if weights.until else []
        facts += [each for each in (weights.source, weights.licence) if each]
        yield say("limit.pretrained", name=_plain(weights.name), data=_plain(", ".join(facts)))
    if not row.schema.unit and any(metric.unit.startswith("target") for metric in evaluation.metrics):
        yield say("limit.unit")


def _origin(row: ModelVersion) -> dict[str, object]:
    assert row.imported is not None
    return {name: getattr(row.imported, name) or "–" for name in ("model", "version", "run_id", "bundle_sha256")}


def _metric(metric: MetricFacts, value: float | None, language: Language) -> str:
    if value is None:
        return "–"
    if metric.format in ("share", "signed_share"):
        return percent(value, language, signed=metric.format == "signed_share")
    return percent(value / 100, language) if metric.format == "percent" else _number(value, language)


def _number(value: float, language: Language) -> str:
    shown = signed_for_readers(f"{value:.4g}")
    return separated(shown, language)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text if text == "---" else _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Return text as one line without HTML, since names are user input and cards are shown to other people."""
    return " ".join(str(text).split()).replace("<", "‹").replace(">", "›").replace("`", "'")


def _quoted(text: str) -> str:
    return "\n".join(f"> {_plain(line)}" for line in text.splitlines())
