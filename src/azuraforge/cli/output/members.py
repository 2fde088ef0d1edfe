"""Terminal output of a combined forecaster's members: weights, scores, training times and omitted members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client.evaluation import Composition, LeftOutMember, Scores

_RULES = {
    "weights": "members_rule.weights",
    "median": "members_rule.median",
    "trimmed": "members_rule.trimmed",
    "single": "members_rule.single",
}


def show_members(terminal: Terminal, composition: Composition, evaluation: Scores) -> None:
    """Print a table of the members and the combination, and a line per member that was left out or not refitted."""
    text = terminal.text
    facts = next((each for each in evaluation.metrics if each.name == evaluation.ranked_by), None)
    metric = evaluation.ranked_by if facts is None else text.of(facts.title) or facts.name
    rule = _RULES.get(composition.rule, "members_rule.other")
    table = Table(
        title=text("members_title", rule=text(rule)),
        caption=text("members_note", measure=text.of(composition.measure) or "", metric=metric),
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    table.add_column(text("member"), no_wrap=True)
    for head in (text("weight"), text("members_score"), text("members_test", metric=metric), text("trials")):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column(text("seconds"), justify="right", no_wrap=True)
    for each in composition.members:
        table.add_row(
            each.name,
            text.percent(each.weight, 0) if each.weight else "–",
            text.number(each.score, 3),
            text.number(each.metrics.get(evaluation.ranked_by)),
            text.number(each.trials, 0),
            text.duration(each.seconds),
        )
    if (whole := evaluation.candidate) is not None:
        own = text.number(whole.metrics.get(evaluation.ranked_by))
        table.add_row(text("members_whole"), "", "", own, "", text.duration(whole.seconds), style="bold")
    terminal.console.print()
    terminal.console.print(table)
    _lines(terminal, "member_left_out", composition.left_out)
    _lines(terminal, "member_not_refitted", composition.not_refitted)


def _lines(terminal: Terminal, key: str, members: Sequence[LeftOutMember]) -> None:
    for each in members:
        said = terminal.text(key, name=each.name, reason=terminal.text.of(each.reason) or each.why)
        terminal.console.print(Text(said, style="yellow"), soft_wrap=True)
