"""Reactions of a learner to facts: commands, results of runs, answers of followed learners, and absences."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
from pydantic import BaseModel, JsonValue, ValidationError

from azuraforge.errors import UserError
from azuraforge.learners.loop.commit import Fact, Notice
from azuraforge.learners.loop.context import LoopContext
from azuraforge.plugins.contract.online.learner import AnyLearner, Result


def react(fact: Fact, learner: AnyLearner, context: LoopContext[BaseModel]) -> None:
    """Pass a fact on to the learner. A command that it refuses has an error as its response and changes nothing."""
    if fact.kind == "command":
        response = _response(fact, learner)
        context.notices.append(Notice(context.seq, context.clock.now, "response", {"fact": fact.number, **response}))
    elif fact.kind == "result":
        folder = Path(fact.folder) if fact.folder else None
        kind, state = str(fact.body.get("kind", "")), str(fact.body.get("state", ""))
        if state in ("succeeded", "failed", "cancelled"):
            learner.adopt(Result(fact.name, kind, state, fact.body, folder))  # type: ignore[arg-type]  # checked above
    elif fact.kind == "others":
        context.others[fact.name] = np.asarray(cast("list[float]", fact.body["answer"]), dtype=np.float64)
    else:
        context.notices.append(Notice(context.seq, context.clock.now, "absence", {"feed": fact.name, **fact.body}))


def _response(fact: Fact, learner: AnyLearner) -> dict[str, JsonValue]:
    model = learner.actions.get(fact.name)
    if model is None:
        known = ", ".join(sorted(learner.actions)) or "none"
        return {"error": f"the learner has no action {fact.name!r}; known: {known}"}
    try:
        return {"result": learner.act(fact.name, model.model_validate(dict(fact.body)))}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return {"error": f"{'.'.join(map(str, first['loc'])) or fact.name}: {first['msg']}"}
    except UserError as error:
        return {"error": error.message}
