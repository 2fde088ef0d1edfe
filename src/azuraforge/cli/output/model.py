"""Terminal output of a model: its versions with the main metrics of their task kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from azuraforge.cli.output.metrics import metric_title, metric_value
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.cli.language import Language
    from azuraforge.client.model import Model, ModelLive, Promotion
    from azuraforge.client.plugins import TaskKind

#: Skill is shown next to the ranking metric if the task kind has it.
_SKILL = "skill"


def show_model(terminal: Terminal, model: Model, kinds: Sequence[TaskKind]) -> None:
    """Print a model's versions. Metrics are omitted if no installed plugin provides the task kind."""
    text = terminal.text
    target = model.target + (f" ({model.unit})" if model.unit else "")
    terminal.fields({text("model"): model.name, text("target"): target})
    learned = {each.kind for each in model.version_list}
    kind = next((each for each in kinds if each.name in learned), None)
    wanted = [] if kind is None else [kind.metric(name) for name in dict.fromkeys((kind.ranked_by, _SKILL))]
    metrics = [each for each in wanted if each is not None]
    terminal.table(
        [
            *(text(head) for head in ("version", "plugin")),
            *(metric_title(text, each) for each in metrics),
            *(text(head) for head in ("aliases", "run", "created")),
        ],
        [
            [
                f"v{each.version}",
                each.plugin,
                *(metric_value(text, metric, (each.metrics or {}).get(metric.name)) for metric in metrics),
                ", ".join(each.aliases),
                each.run_id or "–",
                text.moment(each.created_at),
            ]
            for each in model.version_list
        ],
        right=range(2, 2 + len(metrics)),
    )
    if kind is not None and kind.serving is not None:
        terminal.say(text(f"predict_hint.{kind.serving}", name=model.name))


def show_models(terminal: Terminal, models: Sequence[Model], *, live: bool) -> None:
    """Print a list of models; with ``live``, the errors of their champions next to those of naive forecasts."""
    text = terminal.text
    errors = [text("error"), text("naive_error")] if live else []
    terminal.table(
        [text("name"), text("champion"), text("versions"), *errors, text("target"), text("unit"), text("created")],
        [
            [
                each.name,
                f"v{each.champion}" if each.champion else text("none"),
                str(each.versions),
                *(_errors(text, each.live) if live else []),
                each.target,
                each.unit,
                text.moment(each.created_at),
            ]
            for each in models
        ],
        right=(2, 3, 4) if live else (2,),
    )


def _errors(text: Language, live: ModelLive | None) -> list[str]:
    losses = (None, None) if live is None else (live.loss, live.naive_loss)
    said = text.percent if live is not None and live.classes else text.number
    return ["–" if loss is None else said(loss) for loss in losses]


def show_waiting(terminal: Terminal, waiting: Sequence[Promotion]) -> None:
    """Print the promotions that wait for approval: who asked, why, and how to decide."""
    text = terminal.text
    for each in waiting:
        by = text("move.gate") if each.by == "gate" else each.by
        why = (each.said or {}).get(text.code, each.reason)
        terminal.say(text("promotion_waiting", version=each.version, alias=each.alias, by=by, reason=why))
        if each.needed > 1:
            names = ", ".join(given.by for given in each.approvals) or text("none")
            terminal.note(text("promotion_given", given=len(each.approvals), needed=each.needed, names=names))
        option = "" if each.alias == "champion" else f" --alias {each.alias}"
        terminal.note(text("promotion_decide", model=each.model, option=option))
