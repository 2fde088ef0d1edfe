"""Texts of messages, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from azuraforge.automations.notifications.outbox import Wording
from azuraforge.messages import Code, keyed
from azuraforge.messages.catalogue import has, template
from azuraforge.messages.template import placeholders

_CAUSE = "notification.cause."
_MEASURE_ALONE = "notification.cause.measure_alone"
_STATE = "notification.state."
_LONGEST = 2000


@dataclass(frozen=True)
class DoneStep:
    """Step that ended before a message was written, with its error by language and the gate's decision on its run."""

    do: str
    state: str
    error: Mapping[str, str] | None = None
    decision: str | None = None

    def line(self, language: Code) -> str:
        """Return one line about the outcome of the step."""
        done = f"{_text('notification.step.', self.do, language)}: "
        done += _text("notification.step_state.", self.state, language)
        more = self.error[language] if self.error is not None else ""
        if self.decision is not None and has(f"notification.decision.{self.decision}"):
            more = keyed(f"notification.decision.{self.decision}", language)
        return f"{done} ({more})." if more else f"{done}."


def of_firing(
    name: str, data: Mapping[str, JsonValue], text: str | None, causes: int, done: Sequence[DoneStep] = ()
) -> Wording:
    """Return the wording for a firing of an automation; ``text``, if given, replaces the sentence about its cause.

    ``data`` are the fields of the cause, ``causes`` is the number of causes, and ``done`` contains the steps to report.
    """

    def wording(language: Code, count: int) -> tuple[str, str]:
        kind = str(data.get("event") or next((each for each in ("measure", "time") if each in data), ""))
        kind = str(data["measure"]) if kind == "measure" and has(f"{_CAUSE}{data['measure']}") else kind
        key = f"{_CAUSE}{kind}" if kind and has(f"{_CAUSE}{kind}") else f"{_CAUSE}other"
        if kind == "measure" and data.get("of") is None:
            key = _MEASURE_ALONE
        known = dict.fromkeys(placeholders(template(key, language)), "–")
        known |= {field: str(value) for field, value in data.items() if value is not None}
        if kind in ("run.state", "automation.finished") and "state" in data:
            known["state"] = _text(_STATE, str(data["state"]), language)
        said = text if text is not None else keyed(key, language, **known)
        said = "\n".join([said, *(each.line(language) for each in done)])
        total = causes + count - 1
        if total > 1:
            said = f"{said}\n{keyed('notification.count', language, count=total)}"
        return keyed("notification.title", language, name=name), said[:_LONGEST]

    return wording


def of_test(language: Code, _count: int) -> tuple[str, str]:
    """Return the title and text of a test message."""
    return keyed("notification.test.title", language), keyed("notification.test.text", language)


def _text(beginning: str, name: str, language: Code) -> str:
    return keyed(f"{beginning}{name}", language) if has(f"{beginning}{name}") else name
