"""Studies, their trials and importances in the terminal."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING

from azuraforge.cli.output.summaries import plain
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Client, Importance, Study, Trial
    from azuraforge.client.study import SearchRange

_BEST_SHOWN = 10


def show_study(terminal: Terminal, client: Client, study: Study) -> None:
    """Print a study with its best trials, the baselines and the importance of each field."""
    text = terminal.text
    objectives = ", ".join(
        f"{each.metric} ({text('direction.' + each.direction)})" if each.direction else each.metric
        for each in study.objectives
    )
    terminal.fields(
        {
            text("name"): study.name,
            "id": study.id,
            text("state"): state_of(terminal, study),
            text("plugin"): study.plugin,
            text("dataset"): f"{study.dataset_name} v{study.dataset_version}",
            text("sampler"): study.sampler,
            text("objectives"): objectives,
            text("trials"): counted(study),
            text("time"): text.duration(study.seconds),
            text("cpu_time"): text.duration(study.cpu_seconds),
            text("winner_run"): study.retrain_run_id or "",
            text("created"): text.moment(study.created_at),
        }
    )
    if study.error is not None:
        terminal.error(study.error.message, where=study.error.where or "", next_step=study.error.next_step or "")
    complete = [each for each in client.studies.trials(study.id) if each.state == "complete" and each.scores]
    sign = 1 if not study.objectives or study.objectives[0].direction == "minimize" else -1
    ranked = sorted(complete, key=lambda each: sign * (each.scores or [0.0])[0])[:_BEST_SHOWN]
    if ranked:
        show_trials(terminal, ranked)
        for each in study.baselines:
            scores = ", ".join("–" if value is None else text.number(value) for value in each.scores or [None])
            terminal.say(f"{text('baseline')} {each.name}: {scores}")
        if len(study.objectives) > 1:
            terminal.say(text("front", trials=", ".join(str(number) for number in study.front)))
        show_importance(terminal, client.studies.importance(study.id))


def show_trials(terminal: Terminal, found: list[Trial]) -> None:
    """Print a table of trials."""
    text = terminal.text
    terminal.table(
        ["#", text("state"), text("score"), text("config"), text("run")],
        [
            [
                str(each.number),
                text(f"trial.{each.state}"),
                ", ".join(text.number(value) for value in each.scores) if each.scores else "–",
                ", ".join(f"{name}={plain(terminal, value)}" for name, value in each.params.items()),
                each.run_id,
            ]
            for each in found
        ],
        right=[2],
    )


def show_importance(terminal: Terminal, found: Importance) -> None:
    """Print the importance of each searched field."""
    text = terminal.text
    for shares in found.objectives:
        if shares is None:
            terminal.note(text("too_few_trials"))
            continue
        ranked = sorted(shares.items(), key=lambda pair: -pair[1])
        terminal.say(f"{text('importance')}: " + ", ".join(f"{name} {share:.0%}" for name, share in ranked))


def state_of(terminal: Terminal, study: Study) -> str:
    """Return the state of a study in the language of the command."""
    return terminal.text(f"study.{study.state}")


def counted(study: Study) -> str:
    """Return how many trials have ended, and the budget: ``12 / 40``."""
    ended = sum(count for state, count in study.trials.items() if state != "running")
    return f"{ended} / {study.budget.trials}"


def score_of(terminal: Terminal, study: Study) -> str:
    """Return the best trial's first score with its metric, or a dash."""
    if study.best is None or not study.best.scores:
        return "–"
    return f"{study.objectives[0].metric} {terminal.text.number(study.best.scores[0])}"


def baseline_of(terminal: Terminal, study: Study) -> str:
    """Return the best baseline's first score, or a dash."""
    scores = [each.scores[0] for each in study.baselines if each.scores and each.scores[0] is not None]
    if not scores:
        return "–"
    best = min(scores) if study.objectives[0].direction == "minimize" else max(scores)
    return terminal.text.number(best)


def range_of(found: SearchRange | None) -> str:
    """Return a suggested range as JSON, or a dash."""
    if found is None:
        return "–"
    return json_module.dumps({name: value for name, value in found.raw.items() if value is not None})
