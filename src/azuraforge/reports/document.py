"""The report of a run as Markdown, from what the run stored about itself. Nothing is computed anew but sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of
from azuraforge.reports.conclusion import conclusion
from azuraforge.reports.markdown import escape, quoted, table
from azuraforge.reports.texts import NOTHING, Words
from azuraforge.row_time import row_time

_SERIES_SHOWN = 20
_HEADLINES = (
    *("promoted", "approved", "kept", "not_comparable"),
    *("baseline_promoted", "baseline_unproven", "baseline_barred"),
)
_MOST_INPUTS = 12
_MOST_FIELDS = 200


@dataclass(frozen=True)
class Material:
    """What a report is made of, as JSON said it.

    Attributes:
        run: ``RunDetail``.
        evaluation, verdict: None where the run was never judged.
        figures: name → data.
        curves: ``[{"series", "steps", "values"}]``.
    """

    run: Mapping[str, Any]
    evaluation: Mapping[str, Any] | None = None
    verdict: Mapping[str, Any] | None = None
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    curves: Sequence[Mapping[str, Any]] = ()


def markdown(material: Material, words: Words, pictures: Mapping[str, str]) -> str:
    """The document. ``pictures``: those that were drawn, name → address, put at the end as references."""
    run = material.run
    lines = [f"# {escape(run['name'])}", "", *_lead(run, words)]
    lines += _failure(material, words)
    if material.evaluation is not None:
        lines += _verdict(material.verdict or {}, material.evaluation, words)
        lines += _scores(material.evaluation, words)
        if said := conclusion(words, run, material.evaluation, material.figures):
            lines += [f"## {words('conclusion')}", "", *(f"- {sentence}" for sentence in said), ""]
    lines += _result(run, words) if material.evaluation is None else []
    lines += _figures(material, words, pictures)
    lines += _data(material, words)
    lines += _settings(words("config"), run.get("config") or {}, words)
    lines += _environment(run, words)
    lines += _attempts(run, words)
    if run.get("notes"):
        lines += [f"## {words('notes')}", ""]
        for note in run["notes"]:
            lines += quoted(str(note))
    lines += [f"[{name}]: {address}" for name, address in pictures.items()]
    return "\n".join(lines).rstrip() + "\n"


def _lead(run: Mapping[str, Any], words: Words) -> list[str]:
    kind = words.or_else(f"kind.{run['kind']}", escape(run["kind"]))
    state = words(f"state.{run['state']}")
    said = [words("lead", kind=kind, id=escape(run["id"]), state=f"**{state}**")]
    if run["state"] in ("queued", "running"):
        said.append(words("not_ended"))
    dataset = f"{run['dataset_name']} v{run['dataset_version']}" if run.get("dataset_name") else None
    facts = [
        (words("plugin"), run.get("plugin")),
        (words("dataset"), dataset),
        (words("model"), run.get("model")),
        (words("created"), words.moment(run.get("created_at"))),
        (words("finished"), words.moment(run.get("finished_at"))),
    ]
    return [" ".join(said), "", *(f"- {name}: {escape(value)}" for name, value in facts if value), ""]


def _failure(material: Material, words: Words) -> list[str]:
    run = material.run
    if run["state"] not in ("failed", "cancelled", "quarantined"):
        return []
    lines = [f"## {words('failure')}", ""]
    if error := run.get("error"):
        lines += [escape(error["message"]), ""]
        if error.get("where"):
            lines += [words("failure.where", where=escape(error["where"])), ""]
        if error.get("next_step"):
            lines += [words("failure.next", next_step=escape(error["next_step"])), ""]
    progress = run.get("progress") or {}
    if progress.get("phase"):
        values = {name: words.number(progress.get(name) or 0) for name in ("done", "total")}
        share = words.percent(progress.get("share") or 0.0)
        lines += [words("failure.stopped", phase=escape(progress["phase"]), share=share, **values), ""]
    else:
        lines += [words("failure.never"), ""]
    last = [(each["series"], each["steps"][-1], each["values"][-1]) for each in material.curves if each["steps"]]
    last = [each for each in last if not each[0].startswith("system/")]
    if last:
        rows = [[escape(series), words.number(step), words.number(value)] for series, step, value in last]
        lines += [words("failure.last"), "", *table([words("series"), words("step"), words("value")], rows, (1, 2))]
    logs = [escape(each["name"]) for each in run.get("artifacts") or () if each["kind"] == "log"]
    return [*lines, words("failure.log", names=", ".join(logs)), ""] if logs else lines


def _verdict(verdict: Mapping[str, Any], evaluation: Mapping[str, Any], words: Words) -> list[str]:
    if not verdict:
        return []
    headline = str(verdict.get("headline") or verdict.get("decision"))
    key = f"decision.{headline}" if headline in _HEADLINES else "decision.other"
    candidate = next((each["name"] for each in evaluation["contenders"] if each["role"] == "candidate"), None)
    names = {"champion": verdict.get("champion"), "approved": verdict.get("approved"), "candidate": candidate}
    shown = {name: escape(value or NOTHING) for name, value in names.items()}
    said = words(key, **shown, decision=escape(headline))
    if headline == "approved" and names["champion"]:
        said = f"{said} {words('decision.until_then', **shown)}"
    reasons = [each.get("text") or {} for each in verdict.get("reasons") or ()]
    told = [f"- {escape(text.get(words.code) or text.get('en') or '')}" for text in reasons]
    return [f"## {words('verdict')}", "", said, "", *told, ""]


def _scores(evaluation: Mapping[str, Any], words: Words) -> list[str]:
    contenders = sorted(evaluation["contenders"], key=lambda each: each["rank"])
    metrics = _metrics(evaluation, contenders)
    heads = [words("contender")]
    for metric in metrics:
        title, unit = escape(text_of(metric.title, words.code)), metric.unit_of(evaluation.get("unit") or "")
        heads.append(f"{title} ({escape(unit)})" if unit else title)
    rows = []
    for each in contenders:
        title = escape(each["name"])
        title = f"**{title}**" if each["name"] == evaluation.get("winner") else title
        role = words.or_else(f"role.{each['role']}", escape(each["role"]))
        rows.append(
            [f"{title} ({role})", *(_metric(words, metric, each["metrics"].get(metric.name)) for metric in metrics)]
        )
    lines = [f"## {words('scores')}", "", words("scores.note"), ""]
    lines += table(heads, rows, range(1, len(heads)))
    if told := evaluation.get("series"):
        lines += _series(told, evaluation, words)
    if failed := evaluation.get("failed"):
        lines += [f"{words('scores.failed')}:", ""]
        lines += [*(f"- {escape(each['name'])}: {escape(each['reason'])}" for each in failed), ""]
    return lines


def _series(told: Mapping[str, Any], evaluation: Mapping[str, Any], words: Words) -> list[str]:
    """The worst of several series beside the best baseline, and which were left out."""
    baseline = escape(evaluation["best_baseline"])
    heads = [escape(told["column"]), "MASE", f"MASE, {baseline}", "RMSE", f"RMSE, {baseline}"]
    names = ("mase", "baseline_mase", "rmse", "baseline_rmse")
    shown = told["rows"][:_SERIES_SHOWN]
    rows = [[escape(row["series"]), *(words.number(row[name]) for name in names)] for row in shown]
    counts = {"shown": len(shown), "count": told["count"], "better": told["better"], "baseline": baseline}
    lines = [f"### {words('several_series')}", "", words("several_series.note", **counts), ""]
    lines += table(heads, rows, range(1, len(heads)))
    if gone := told["left_out"]:
        named = ", ".join(escape(each["series"]) for each in gone[:_SERIES_SHOWN])
        lines += [words("several_series.left_out", count=len(gone), series=named), ""]
    return [*lines, words("several_series.not_explained"), ""]


def _metrics(evaluation: Mapping[str, Any], contenders: Sequence[Mapping[str, Any]]) -> list[MetricFacts]:
    """The metrics that some contender has, as the evaluation explains them."""
    known = [MetricFacts.model_validate(each) for each in evaluation.get("metrics", ())]
    return [
        metric
        for metric in known
        if metric.detail != "hidden" and any(each["metrics"].get(metric.name) is not None for each in contenders)
    ]


def _metric(words: Words, metric: MetricFacts, value: Any) -> str:
    if metric.format in ("share", "signed_share"):
        return words.percent(value)
    return words.percent(value / 100) if metric.format == "percent" and value is not None else words.number(value)


def _figures(material: Material, words: Words, pictures: Mapping[str, str]) -> list[str]:
    if not pictures:
        return []
    lines = [f"## {words('figures')}", ""]
    for name in pictures:
        title = words.or_else(f"figure.{name}", escape(name))
        lines += [f"### {title}", "", f"![{title}][{name}]", ""]
        lines += _beneath(name, material.figures.get(name) or {}, words)
    return lines


def _beneath(name: str, data: Mapping[str, Any], words: Words) -> list[str]:
    """The table under a picture, where it says more than the picture."""
    if name == "slices":
        rows = [
            [
                f"{words.or_else('by.' + each['by'], escape(each['by']))} {escape(row['value'])}",
                words.number(row["errors"]),
                words.number(row["rmse"]),
                words.number(row["baseline_rmse"]),
                words.percent(row["skill"]),
            ]
            for each in data["slices"]
            for row in each["rows"]
        ]
        beside = f"{words('beside')}: {escape(data['baseline'])}"
        heads = [words("slice"), words("errors"), words("metric.rmse"), beside, words("metric.skill")]
        return table(heads, rows, range(1, 5))
    if name in ("importance", "shapley"):
        about = {key: words.number(data.get(key)) for key in ("origins", "repeats", "orders", "reach")}
        keys = ("increase", "spread") if name == "importance" else ("mean_absolute", "order_spread")
        titles = ("increase", "spread") if name == "importance" else ("contribution", "order_spread")
        rows = [
            [escape(words.input(each["name"])), *(words.number(each[key]) for key in keys)]
            for each in data["inputs"][:_MOST_INPUTS]
        ]
        note = [words(f"{name}.note", **about), ""]
        return [*note, *table([words("input"), *(words(head) for head in titles)], rows, (1, 2))]
    return []


def _data(material: Material, words: Words) -> list[str]:
    run = material.run
    if not run.get("dataset_name"):
        return []
    lines = [f"## {words('data')}", ""]
    lines += [f"- {words('dataset')}: {escape(run['dataset_name'])} v{run['dataset_version']}"]
    lines += [f"- {words('fingerprint')}: {escape(run.get('dataset_fingerprint') or NOTHING)}", ""]
    evaluation = material.evaluation or {}
    if parts := evaluation.get("parts"):
        rows = [
            [
                words.or_else(f"part.{name}", escape(name)),
                words.number(part.get("rows")),
                escape(row_time(part.get("start"), evaluation)),
                escape(row_time(part.get("end"), evaluation)),
            ]
            for name, part in parts.items()
        ]
        lines += table([words("part"), words("rows"), words("from"), words("to")], rows, (1,))
    return lines


def _settings(title: str, settings: Mapping[str, Any], words: Words) -> list[str]:
    if not settings:
        return []
    rows = [[escape(name), escape(_plain(words, value))] for name, value in list(settings.items())[:_MOST_FIELDS]]
    return [f"## {title}", "", *table([words("name"), words("value")], rows)]


def _environment(run: Mapping[str, Any], words: Words) -> list[str]:
    said: dict[str, Any] = {
        words("code"): run.get("code_version"),
        words("plugin"): " ".join(str(run[key]) for key in ("plugin", "plugin_version") if run.get(key)),
        words("seed"): run.get("seed"),
        words("threads"): run.get("threads"),
        words("bits"): _bits(run, words),
        **(run.get("environment") or {}),
    }
    return _settings(
        words("environment"), {name: value for name, value in said.items() if value not in (None, "")}, words
    )


def _bits(run: Mapping[str, Any], words: Words) -> str:
    reproducible = run.get("bit_reproducible")
    if reproducible is None:
        waits = run["kind"] != "external" and run["state"] in ("queued", "running")
        return words("bits.unknown" if waits else "bits.never")
    return words("yes" if reproducible else "no")


def _attempts(run: Mapping[str, Any], words: Words) -> list[str]:
    attempts = run.get("attempts") or ()
    if len(attempts) < 2:
        return []
    rows = [
        [
            str(each["attempt"]),
            escape(words.moment(each.get("started_at"))),
            escape(words.moment(each.get("ended_at"))),
            escape(each.get("outcome") or NOTHING),
            escape(each.get("reason") or NOTHING),
        ]
        for each in attempts
    ]
    heads = ["", words("from"), words("to"), words("outcome"), words("reason")]
    return [f"## {words('attempts')}", "", *table(heads, rows)]


def _result(run: Mapping[str, Any], words: Words) -> list[str]:
    return _settings(words("result"), run.get("summary") or {}, words)


def _plain(words: Words, value: Any) -> str:
    """A setting as it was given: exact, for it is not a measurement."""
    if isinstance(value, bool):
        return words("yes" if value else "no")
    return NOTHING if value is None else str(value)
