"""A version's card as Markdown, in English and Turkish: made from rows, so that it says nothing that they do not.

What people add is one field of the model, its intended use. Nothing here depends on when the card is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from azuraforge.models.cards.texts import DECISIONS, TEXTS
from azuraforge.models.gate.reasons import percent
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.tables import ModelVersion
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of
from azuraforge.row_time import row_time
from azuraforge.wording import fill

Language = Literal["en", "tr"]


@dataclass(frozen=True)
class Evaluated:
    """An evaluation and its verdict, as they are stored."""

    evaluation: Mapping[str, Any]
    verdict: VerdictRecord

    def document(self) -> dict[str, Any]:
        """Return both as JSON."""
        return {"evaluation": self.evaluation, "verdict": self.verdict.model_dump(mode="json")}


def card(
    model: str,
    row: ModelVersion,
    evaluated: Evaluated | None,
    intended_use: str | None,
    dataset: str | None,
    language: Language,
) -> str:
    """The card as Markdown (headings, paragraphs, lists and tables; no HTML).

    Args:
        model: its name.
        row: the version.
        evaluated: of the run that made it; None where nobody judged it.
        intended_use: what people wrote, None: nothing.
        dataset: the name of the dataset that it learned from, None where that is not here.
        language: ``en`` or ``tr``.
    """
    say = TEXTS[language]
    blocks = [
        f"# {say['title']}: {_plain(model)} v{row.version}",
        *([say["imported"].format(**_origin(row))] if row.imported else []),
        _table([say["field"], say["value"]], _what(row, say)),
        f"## {say['intended_use']}",
        _quoted(intended_use) if intended_use else say["no_intended_use"],
        f"## {say['data']}",
        _table([say["field"], say["value"]], _data(row, evaluated, dataset, say)),
        f"## {say['scores']}",
        *_scores(row, evaluated, say, language),
        f"## {say['verdict']}",
        *_verdict(evaluated, say, language),
        f"## {say['limits']}",
        "\n".join(f"- {line}" for line in _limits(row, evaluated, say, language)),
    ]
    return "\n\n".join(blocks) + "\n"


def _what(row: ModelVersion, say: Mapping[str, str]) -> list[tuple[str, str]]:
    schema = row.schema
    unit = schema.get("unit") or say["not_stated"]
    return [
        (say["task"], say.get(f"task.{row.kind}", row.kind)),
        (say["target"], f"{schema.get('target', '')} ({unit})"),
        (say["plugin"], f"{row.plugin} {row.plugin_version or ''}".strip()),
        (say["run"], row.run_id or "–"),
        (say["code_version"], row.code_version),
        (say["seed"], str(row.seed)),
        (say["content_hash"], row.content_hash),
        (say["weights_hash"], row.weights_sha256 or "–"),
        (say["size"], f"{row.bytes} {say['bytes']}"),
        (say["config"], ", ".join(f"{name}={_value(value, say)}" for name, value in sorted(row.config.items()))),
    ]


def _value(value: object, say: Mapping[str, str]) -> str:
    """A setting as a person reads it, never as Python writes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return say["yes" if value else "no"]
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _data(
    row: ModelVersion, evaluated: Evaluated | None, dataset: str | None, say: Mapping[str, str]
) -> list[tuple[str, str]]:
    learned = row.learned_from
    named = f"{dataset} v{row.dataset_version}" if dataset else say["not_here"]
    facts = [(say["dataset"], named), (say["fingerprint"], row.dataset_fingerprint or "–")]
    judged = learned.get("evaluated")
    if judged is None:
        facts.append((say["learned_from"], _range(learned, row.schema, say)))
    else:
        facts.append((say["refitted_on"], _range(learned, row.schema, say)))
        facts.append((say["evaluated_from"], _range(judged, row.schema, say)))
        facts.append((say["evaluated_hash"], judged.get("weights_sha256") or "–"))
    if evaluated is not None:
        test = evaluated.evaluation.get("parts", {}).get("test", {})
        facts.append((say["test_part"], _range(test, row.schema, say)))
    frequency = row.schema.get("frequency")
    if frequency:
        facts.append((say["frequency"], str(frequency)))
    return facts


def _range(part: Mapping[str, Any], schema: Mapping[str, Any], say: Mapping[str, str]) -> str:
    rows = fill(say["rows"], rows=part["rows"]) if part.get("rows") is not None else ""
    known = part.get("start") and part.get("end")
    ends = f"{row_time(part['start'], schema)} – {row_time(part['end'], schema)}" if known else ""
    return ", ".join(each for each in (ends, rows) if each) or "–"


def _scores(row: ModelVersion, evaluated: Evaluated | None, say: Mapping[str, str], language: Language) -> list[str]:
    if evaluated is None:
        return [say["not_judged"]]
    contenders = evaluated.evaluation.get("contenders", [])
    columns = [
        metric
        for metric in _facts(evaluated).values()
        if metric.detail == "main" and any(each["metrics"].get(metric.name) is not None for each in contenders)
    ]
    lines = [
        [each["name"], say.get(f"role.{each['role']}", each["role"])]
        + [_metric(metric, each["metrics"].get(metric.name), language) for metric in columns]
        for each in contenders
    ]
    names = [text_of(metric.title, language) for metric in columns]
    return [say["same_rows"], _table([say["contender"], say["role"], *names], lines)]


def _verdict(evaluated: Evaluated | None, say: Mapping[str, str], language: Language) -> list[str]:
    if evaluated is None:
        return [say["no_verdict"]]
    verdict = evaluated.verdict
    decision = DECISIONS[language][verdict.decision].replace("{approved}", _plain(verdict.approved or "–"))
    reasons = "\n".join(f"- {_plain(getattr(each.text, language))}" for each in verdict.reasons)
    number = verdict.policy.number
    under = say["policy"].format(number=number) if number else say["own_policy"]
    return [f"**{decision}**", reasons, under]


def _limits(row: ModelVersion, evaluated: Evaluated | None, say: Mapping[str, str], language: Language) -> list[str]:
    found = []
    learned = row.learned_from
    if learned.get("start") and learned.get("end"):
        seen = {name: row_time(learned[name], row.schema) for name in ("start", "end")}
        found.append(say["limit.learned"].format(**seen))
        if learned.get("evaluated") is not None:
            found.append(say["limit.refitted"])
    if evaluated is None:
        found.append(say["limit.not_judged"])
    else:
        test = evaluated.evaluation.get("parts", {}).get("test", {})
        judged = test.get("origins", test.get("rows"))
        if test.get("start") and test.get("end") and judged is not None:
            tested = {name: row_time(test[name], row.schema) for name in ("start", "end")}
            found.append(fill(say["limit.test"], **tested, origins=judged))
        horizon = evaluated.evaluation.get("horizon")
        if horizon:
            found.append(fill(say["limit.horizon"], horizon=horizon))
        best, mine, facts = evaluated.evaluation.get("best_baseline"), row.plugin, _facts(evaluated)
        skill = _metrics_of(evaluated, mine).get("skill")
        if skill is not None and "skill" in facts and best != mine and skill <= 0:
            found.append(say["limit.no_skill"].format(baseline=best, skill=_metric(facts["skill"], skill, language)))
        covered = _metrics_of(evaluated, mine).get("coverage")
        if covered is not None and "coverage" in facts:
            found.append(say["limit.coverage"].format(covered=_metric(facts["coverage"], covered, language)))
        classes = evaluated.evaluation.get("classes")
        if classes:
            found.append(fill(say["limit.classes"], count=len(classes)))
        for failed in evaluated.evaluation.get("failed", []):
            found.append(say["limit.failed"].format(name=failed["name"], reason=_plain(failed["reason"])))
        if not row.schema.get("unit") and any(metric.unit.startswith("target") for metric in facts.values()):
            found.append(say["limit.unit"])
    found.append(say["limit.future"])
    return found


def _facts(evaluated: Evaluated) -> dict[str, MetricFacts]:
    """The metrics by name, as the evaluation explains them."""
    found = [MetricFacts.model_validate(each) for each in evaluated.evaluation.get("metrics", ())]
    return {metric.name: metric for metric in found}


def _metrics_of(evaluated: Evaluated, name: str) -> Mapping[str, Any]:
    contenders: Sequence[Mapping[str, Any]] = evaluated.evaluation.get("contenders", [])
    found: Mapping[str, Any] = next((each["metrics"] for each in contenders if each["name"] == name), {})
    return found


def _origin(row: ModelVersion) -> dict[str, Any]:
    assert row.imported is not None
    return {name: row.imported.get(name) or "–" for name in ("model", "version", "run_id", "bundle_sha256")}


def _metric(metric: MetricFacts, value: Any, language: Language) -> str:
    if not isinstance(value, int | float):
        return "–"
    if metric.format in ("share", "signed_share"):
        return percent(value, language, signed=metric.format == "signed_share")
    return percent(value / 100, language) if metric.format == "percent" else _number(value, language)


def _number(value: object, language: Language) -> str:
    if not isinstance(value, int | float):
        return "–"
    shown = f"{value:.4g}".replace("-", "−")
    return shown.replace(".", ",") if language == "tr" else shown


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text if text == "---" else _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """One line without HTML: names are people's, and a card is shown to others."""
    return " ".join(str(text).split()).replace("<", "‹").replace(">", "›").replace("`", "'")


def _quoted(text: str) -> str:
    return "\n".join(f"> {_plain(line)}" for line in text.splitlines())
