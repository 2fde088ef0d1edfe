"""Terminal output of the summary of a run without an evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from azuraforge.cli.terminal import Terminal


def show_summary(terminal: Terminal, summary: Mapping[str, object]) -> None:
    """Print the summary of a refresh, forecast or batch run as sentences, and that of other runs as fields."""
    show = {"refresh": _refresh, "forecast": _forecast, "predict": _predict}.get(str(summary.get("kind")))
    if show is not None:
        show(terminal, summary)
        return
    values = summary.get("values") if summary.get("kind") == "external" else None
    shown = (
        values if isinstance(values, Mapping) else {name: value for name, value in summary.items() if name != "kind"}
    )
    terminal.fields({str(name): plain(terminal, value) for name, value in shown.items()})


def plain(terminal: Terminal, value: object) -> str:
    """Return a JSON value as text: fractional numbers formatted, text unchanged, everything else as JSON."""
    if isinstance(value, float):
        return terminal.text.number(value)
    if isinstance(value, str):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    nested = isinstance(value, dict) or any(isinstance(each, dict | list) for each in inner)
    return json.dumps(value, ensure_ascii=False, indent=2 if nested else None)


def _refresh(terminal: Terminal, summary: Mapping[str, object]) -> None:
    text = terminal.text
    added = text(
        "rows_added" if summary.get("created") else "no_rows_added",
        name=summary.get("dataset"),
        version=summary.get("version") or summary.get("previous_version"),
        added=_count(terminal, summary, "rows_added"),
        revised=_count(terminal, summary, "rows_revised"),
        repeated=_count(terminal, summary, "rows_repeated"),
    )
    terminal.say(added)
    if summary.get("end_at") is not None:
        terminal.say(text("rows_now", rows=_count(terminal, summary, "rows"), end=_moment(terminal, summary, "end_at")))


def _forecast(terminal: Terminal, summary: Mapping[str, object]) -> None:
    terminal.say(
        terminal.text(
            "forecasts_made",
            model=summary.get("model"),
            version=summary.get("version"),
            dataset=summary.get("dataset"),
            dataset_version=summary.get("dataset_version"),
            made=_count(terminal, summary, "forecasts"),
            known=_count(terminal, summary, "known"),
            origin=_moment(terminal, summary, "origin_at"),
            end=_moment(terminal, summary, "matures_at"),
        )
    )


def _predict(terminal: Terminal, summary: Mapping[str, object]) -> None:
    text = terminal.text
    terminal.say(
        text(
            "batch_made",
            model=summary.get("model"),
            version=summary.get("version"),
            rows=_count(terminal, summary, "rows"),
            origins=_count(terminal, summary, "origins"),
            skipped=_count(terminal, summary, "skipped"),
        )
    )
    if summary.get("partial"):
        done, of = _count(terminal, summary, "chunks"), _count(terminal, summary, "of_chunks")
        terminal.say(text("batch_partial", done=done, of=of))
    scores = summary.get("scores")
    if isinstance(scores, Mapping):
        terminal.fields({str(name): plain(terminal, value) for name, value in scores.items()})


def _count(terminal: Terminal, summary: Mapping[str, object], name: str) -> str:
    value = summary.get(name)
    return terminal.text.number(value, 0) if isinstance(value, int) else "–"


def _moment(terminal: Terminal, summary: Mapping[str, object], name: str) -> str:
    value = summary.get(name)
    return terminal.text.moment(datetime.fromisoformat(value)) if isinstance(value, str) else "–"
