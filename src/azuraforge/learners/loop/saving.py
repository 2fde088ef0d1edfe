"""Loading a loop from the state that ``writing.save`` wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel
from safetensors.numpy import load_file

from azuraforge.errors import InvalidInput
from azuraforge.learners.loop.checkpoints import Checkpoints
from azuraforge.learners.loop.clock import Clock
from azuraforge.learners.loop.context import no_secret
from azuraforge.learners.loop.inputs import BoundFeatures
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import Plan
from azuraforge.learners.loop.writing import FORMAT, PARTS
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.contract.online.learner import AnyLearner


def load(
    folder: Path,
    plan: Plan,
    learner: AnyLearner,
    config: BaseModel,
    kind: OnlineKind,
    features: Sequence[BoundFeatures] = (),
    *,
    secrets: Callable[[str], str] = no_secret,
) -> Loop:
    """Return the loop that ``save`` wrote into ``folder``.

    Raises InvalidInput if the state is that of another plan, or if it cannot be read.
    """
    try:
        state: Mapping[str, Any] = json.loads((folder / "loop.json").read_text())
        arrays = load_file(folder / "loop.safetensors")
    except Exception as error:
        raise _unreadable(folder, error) from error
    if state.get("format") != FORMAT or state["plan"] != plan.model_dump(mode="json"):
        raise InvalidInput(
            "the state belongs to a learner with another target, other features or other settings",
            where="{folder}",
            next_step="start a new learner, or restore a state of this one",
            code="state_of_another_plan",
            folder=folder.name,
        )
    loop = Loop(plan, learner, config, kind, features, secrets=secrets, fresh=False)
    parts: dict[str, dict[str, np.ndarray]] = {name: {} for name in (*PARTS, "others")}
    for name, each in arrays.items():
        part, _, column = name.partition(".")
        parts[part][column] = each
    loop.seq, loop.fact, loop.passes = state["seq"], state["fact"], state["passes"]
    loop.void, loop.skipped = state["void"], state["skipped"]
    loop.checkpoints = Checkpoints(plan.state_rows, **state["checkpoints"])
    loop.clock = loop.context.clock = Clock.from_json(state["clock"])
    loop.resume_after(loop.seq)
    loop.inputs.restore(state["inputs"], folder)
    for name in ("origins", "outcomes", "baselines", "waiting"):
        getattr(loop, name).restore(parts[name])
    loop.judge.restore(parts["judge"], state["judge"])
    loop.context.random.bit_generator.state = state["random"]
    loop.context.others = dict(parts["others"])
    loop.context.seq = loop.seq
    learner.run = loop.context
    try:
        learner.load(loop.context, folder / "learner")
    except Exception as error:
        raise _unreadable(folder, error) from error
    return loop


def _unreadable(folder: Path, error: Exception) -> InvalidInput:
    return InvalidInput(
        "the state cannot be loaded: {problem}",
        where="{folder}",
        next_step="restore an earlier state of the learner",
        code="state_unreadable",
        problem=f"{type(error).__name__}: {error}",
        folder=folder.name,
    )
