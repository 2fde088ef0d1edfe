"""The section of a report about the members of a combined predictor."""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.plugins.contract.composition import Composition, LeftOutMember
from azuraforge.plugins.contract.evaluation import Evaluation
from azuraforge.plugins.contract.shape import text_of
from azuraforge.reports.markdown import escape, table
from azuraforge.reports.words import NOTHING, Words


def members(composition: Composition, evaluation: Evaluation, words: Words) -> list[str]:
    """Return a table of the members, ending with the combination, and lists of omitted and not refitted members."""
    ranked_by = evaluation.ranked_by
    facts = evaluation.metric(ranked_by)
    metric = escape(ranked_by if facts is None else text_of(facts.title, words.code))
    note = words(
        "members.note",
        rule=words(f"members.rule.{composition.rule}"),
        measure=escape(text_of(composition.measure, words.code)),
        metric=metric,
    )
    heads = [
        words("members.name"),
        words("members.weight"),
        words("members.score"),
        words("members.test", metric=metric),
        words("members.trials"),
        words("members.seconds"),
    ]
    rows = [
        [
            escape(each.name),
            words.percent(each.weight) if each.weight else NOTHING,
            words.number(each.score),
            words.number(each.metrics.get(ranked_by)),
            words.number(each.trials),
            _seconds(each.seconds, words),
        ]
        for each in composition.members
    ]
    whole = evaluation.candidate
    own = [f"**{words.number(whole.metrics.get(ranked_by))}**", "", _seconds(whole.seconds, words)]
    rows.append([f"**{words('members.whole')}**", "", "", *own])
    lines = [f"### {words('members')}", "", note, "", *table(heads, rows, range(1, len(heads)))]
    lines += _named(words("members.left_out"), composition.left_out, words)
    return lines + _named(words("members.not_refitted"), composition.not_refitted, words)


def _seconds(value: float | None, words: Words) -> str:
    """Return seconds with one decimal, because training times are not precise to four digits."""
    if value is None:
        return NOTHING
    shown = f"{value:.1f}"
    return shown.replace(".", ",") if words.code == "tr" else shown


def _named(title: str, gone: Sequence[LeftOutMember], words: Words) -> list[str]:
    if not gone:
        return []
    reasons = [f"- {escape(each.name)}: {escape(text_of(each.reason, words.code))}" for each in gone]
    return [f"{title}:", "", *reasons, ""]
