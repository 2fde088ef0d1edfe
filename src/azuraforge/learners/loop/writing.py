"""Writing the whole state of a loop as safetensors and JSON.

The bytes depend only on the inputs that the loop has processed, not on how they were cut or when they arrived.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save_file

if TYPE_CHECKING:
    from azuraforge.learners.loop.loop import Loop

FORMAT = 1
#: Attributes of a loop whose state is arrays.
PARTS = ("origins", "outcomes", "baselines", "waiting", "judge")


def save(loop: Loop, folder: Path) -> None:
    """Write the state of a loop into the empty ``folder``. Raises ValueError if there are outputs to commit first."""
    if loop.pending:
        raise ValueError("a state may be saved only after a commit of everything before it")
    arrays = {
        f"{part}.{name}": np.ascontiguousarray(each)
        for part in PARTS
        for name, each in getattr(loop, part).arrays().items()
    }
    arrays |= {f"others.{name}": each for name, each in loop.context.others.items()}
    save_file(dict(sorted(arrays.items())), folder / "loop.safetensors")
    state = {
        "format": FORMAT,
        "plan": loop.plan.model_dump(mode="json"),
        "seq": loop.seq,
        "fact": loop.fact,
        "passes": loop.passes,
        "checkpoints": {name: getattr(loop.checkpoints, name) for name in ("seq", "changed", "archive")},
        "void": loop.void,
        "skipped": loop.skipped,
        "clock": loop.clock.to_json(),
        "inputs": loop.inputs.to_json(),
        "judge": loop.judge.to_json(),
        "random": loop.context.random.bit_generator.state,
    }
    # The standard module, because the random state has integers of 128 bits.
    (folder / "loop.json").write_text(json.dumps(state, sort_keys=True, separators=(",", ":")))
    loop.inputs.save(folder)
    inside = folder / "learner"
    inside.mkdir()
    loop.learner.save(inside)
