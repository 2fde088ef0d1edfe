"""Terminal output of a model's loop, on one line or in detail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from azuraforge.cli.language import Language

if TYPE_CHECKING:
    from azuraforge.cli.terminal import Terminal
    from azuraforge.client import GateSummary, Loop, LoopStep

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
#: Key, size in seconds, and smallest distance in seconds for which the unit is used; up to two days count in hours.
_UNITS = (("days", _DAY, 2 * _DAY), ("hours", _HOUR, _HOUR), ("minutes", _MINUTE, _MINUTE))


def line(text: Language, loop: Loop) -> str:
    """Return the state of a loop on one line, such as ``observed 3 minutes ago → … → champion v7 for 12 days``."""
    return " → ".join(_phrase(text, step, loop.at) for step in loop.steps)


def show_loop(terminal: Terminal, loop: Loop) -> None:
    """Print a model's loop on one line, a table of its steps, and the commands that create missing automations."""
    text = terminal.text
    terminal.say(line(text, loop))
    terminal.table(
        [text(head) for head in ("loop_step", "loop_last", "loop_result", "loop_by", "loop_link")],
        [
            [
                text(f"step.{step.name}"),
                text.moment(step.at),
                _result(text, step),
                ", ".join(text(f"trigger.{each.kind}", name=each.name or "") for each in step.triggers) or "–",
                _link(step),
            ]
            for step in loop.steps
        ],
    )
    for hint in dict.fromkeys(
        text(f"missing.{step.missing.what}", command=step.missing.command) for step in loop.steps if step.missing
    ):
        terminal.say(hint)


def since(text: Language, seconds: float, way: str) -> str:
    """Return a duration in words.

    ``way`` is ``ago`` for the time since an event, or ``for`` for how long a state has lasted.

    Example:
        >>> since(Language("en"), 200, "ago"), since(Language("tr"), 12 * 86_400, "for")
        ('3 minutes ago', '12 gündür')
    """
    for unit, size, least in _UNITS:
        if seconds >= least:
            return text(f"distance.{way}.{unit}", count=int(seconds // size))
    return text(f"distance.{way}.now")


def _phrase(text: Language, step: LoopStep, now: datetime) -> str:
    passed = (now - step.at).total_seconds() if step.at is not None else 0.0
    key = f"loop.{step.name}" if step.state == "done" else f"loop.{step.name}.{step.state}"
    said = text(
        key,
        ago=since(text, passed, "ago"),
        since=since(text, passed, "for"),
        count=_count(text, step),
        version=step.version,
        decision=_decision(text, step.gate) if step.gate is not None else "",
    )
    return text("loop.open", step=said) if step.open else said


def _count(text: Language, step: LoopStep) -> str:
    return text.number(step.count, 0) + ("" if step.counted_all else "+")


def _decision(text: Language, gate: GateSummary) -> str:
    decision = text(f"gate.{gate.decision}")
    return f"{decision} ({text(f'why.{gate.why}')})" if gate.why is not None and gate.why != "other" else decision


def _result(text: Language, step: LoopStep) -> str:
    """Return the result of a step: the error, the gate's decision, a count, or the step's state."""
    if step.state == "failed":
        return step.error or text("loop_state.failed")
    if step.gate is not None:
        return _decision(text, step.gate)
    if step.state == "done" and step.count is not None and step.name != "learned":
        return _count(text, step)
    return text(f"loop_state.{step.state}")


def _link(step: LoopStep) -> str:
    """Return what a step refers to: a dataset version, a model version, a run id or a prediction id; else a dash."""
    if step.dataset is not None:
        return f"{step.dataset} v{step.version}"
    version = f"v{step.version} " if step.version is not None and step.name in ("learned", "champion") else ""
    return (version + (step.run_id or step.prediction_id or "")).strip() or "–"
