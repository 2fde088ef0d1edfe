"""Validation of a short-lived child's answer, and the errors if there is none."""

from __future__ import annotations

from pydantic import JsonValue, ValidationError

from azuraforge.errors import InvalidInput
from azuraforge.messages.validation import message_of
from azuraforge.plugins.discovery.calling import ResultT
from azuraforge.processes.failures import ChildDied


def late(seconds: float, where: str) -> InvalidInput:
    """Return the error for a child that did not answer in time."""
    return InvalidInput(
        "no answer within {timeout_seconds:g} [second|seconds]",
        where="{place}",
        next_step="try with less data, or look for code that hangs",
        code="timeout",
        timeout_seconds=seconds,
        place=where,
    )


def died(error: ChildDied, where: str) -> InvalidInput:
    """Return the error for a child that ended without an answer."""
    return InvalidInput(
        "{reason}",
        where="{place}",
        next_step="try again; if the process ends again, use less data or look for the code that ends it",
        code="child_died",
        reason=error.sentence,
        place=where,
    )


def read_answer(answer: JsonValue, result: type[ResultT], where: str) -> ResultT:
    """Return a child's answer as ``result``. Raises InvalidInput if it has another shape."""
    try:
        return result.model_validate(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise InvalidInput(
            "the child process returned no valid {result}: {field}: {problem}",
            where="{place}",
            next_step="correct the plugin",
            code="child_answer",
            result=result.__name__,
            field=field,
            problem=message_of(first),
            place=where,
        ) from None
