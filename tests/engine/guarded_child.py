"""A process that runs cases of the cpu backend between guard pages; a fault ends it, which the tests see.

Usage: ``guarded_child.py sweep|wrong INSTRUCTION_SET THREADS CASES KERNEL_CACHE``. The case at hand is written to the
standard error stream before it runs, so that the last line names the one that died. The result is JSON.
"""

from __future__ import annotations

import collections
import faulthandler
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parent))

from drawing import Case, Draw
from guard_pages import Fence, guard_backend
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from op_cases import CASES
from wrong_cases import WRONG_OPS, make_wrong

from azuraforge import engine
from azuraforge.engine import backends
from azuraforge.engine.backends.cpu import adam, runtime
from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import OPS, Context

REFUSALS = (EngineError, ValueError, IndexError, TypeError, ArithmeticError)  # the tape makes EngineErrors of them
AT_ONCE = 250  # draws of one exploration
LEAST = 40  # each begins with the simplest case, so a few draws would be much the same
fence = Fence()


def explore(turn: int, count: int, check: Any) -> None:
    """Hold ``check`` against ``count`` draws that are the same in every run, others in every turn."""

    @seeded(turn)
    @settings(max_examples=count, deadline=None, database=None, phases=(Phase.generate,),
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def run(data: Any) -> None:
        check(Draw(data))

    run()


def note(text: str) -> None:
    """Name what runs next."""
    sys.stderr.write(text.replace("\n", " ") + "\n")


def run_case(name: str, case: Case, recorded: bool) -> None:
    """Run an op forward, and back where ``recorded``, every array between guard pages."""
    op = backends.active[name]
    inputs = [None if one is None else fence.copy(one) for one in case.arrays(np.float32)]
    context = Context(tuple(case.needs if recorded else [False] * len(inputs)))
    with np.errstate(all="ignore"):
        try:
            outputs = op.forward(context, *inputs, **case.options(np.float32))
        except REFUSALS:
            return
        if not recorded:
            return
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        if case.offer:
            context.buffers = tuple(
                None if one is None or one.dtype.kind != "f" else fence.empty(one.shape, one.dtype) for one in inputs
            )
        gradients = [None if one is None else fence.copy(one) for one in case.mix(outputs)]
        op.vjp(context, *gradients)


def sweep(count: int) -> dict[str, int]:
    """Run right cases of every op that has kernels, and of Adam, on both sides of the fence."""
    names = [name for name, op in backends.active.items() if op is not OPS[name]]
    ran: collections.Counter[str] = collections.Counter()

    def check(draw: Draw) -> None:
        for name in names:
            fence.at_end = draw.yes()
            case = CASES[name](draw)
            note(f"{name}: {case}")
            run_case(name, case, draw.pick(True, True, False))
            ran[name] += 1
        size = draw.pick(1, 7, 16, 33, 1000)
        values, mean, square = (fence.copy(draw.normal(size).astype(np.float32)) for _ in range(3))
        gradient = fence.copy(draw.normal(size).astype(np.float32))
        note(f"adam of {size}")
        adam.update(values, gradient, mean, np.abs(square, out=square), keep=1.0, penalty=0.1, betas=(0.9, 0.99),
                    step_size=0.1, root=1.0, eps=1e-8)  # fmt: skip
        ran["adam"] += 1

    turn = 0
    while sum(ran.values()) < count:
        explore(turn, min(AT_ONCE, max(LEAST // 6, (count - sum(ran.values())) // (len(names) + 1))), check)
        turn += 1
    return {"cases": sum(ran.values()), "arrays": fence.arrays}


def refused(op: Any, arrays: list[Any], options: dict[str, Any], gradients: Any = None) -> bool:
    """Whether an op refuses its inputs or, where gradients are given, refuses these on the way back."""
    context = Context((True,) * len(arrays))
    with np.errstate(all="ignore"):
        try:
            op.forward(context, *arrays, **options)
            if gradients is None:
                return False
        except REFUSALS:
            return gradients is None
        try:
            op.vjp(context, *gradients)
        except REFUSALS:
            return True
    return False


def bad_gradients(case: Case, draw: Draw, op: Any) -> list[Any] | None:
    """Return gradients of which one does not have its output's shape or dtype, ``None`` where the case is refused."""
    context = Context(tuple(case.needs))
    with np.errstate(all="ignore"):
        try:
            outputs = op.forward(context, *case.arrays(np.float32), **case.options(np.float32))
        except REFUSALS:
            return None
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    gradients = [np.ones(one.shape, one.dtype) for one in outputs]
    shape = gradients[0].shape
    way = draw.pick("double", "half", "deep", "short", "long", "none")
    if way in ("double", "half"):
        gradients[0] = gradients[0].astype(np.float64 if way == "double" else np.float16)
    elif way == "deep":
        gradients[0] = np.ones((1, *shape), np.float32)
    elif way in ("short", "long") and shape:
        gradients[0] = np.ones((*shape[:-1], max(shape[-1] - 1, 0) if way == "short" else shape[-1] + 9), np.float32)
    else:
        gradients = gradients[1:]
    same = len(gradients) == len(outputs) and gradients[0].shape == shape and gradients[0].dtype == np.float32
    return None if same else gradients


def wrong(count: int) -> dict[str, Any]:
    """Hand wrong cases to this backend and to the reference; both must refuse each."""
    counts: collections.Counter[str] = collections.Counter()
    accepted: list[str] = []

    def check(draw: Draw) -> None:
        # Many of one draw: what takes time is Hypothesis's bookkeeping.
        for _ in range(5):
            name = draw.pick(*WRONG_OPS)
            case = CASES[name](draw)
            if draw.pick(0, 0, 0, 0, 0, 1):
                op = backends.active[name]
                gradients = bad_gradients(case, draw, op)
                if gradients is None:
                    continue
                arrays, options, what = case.arrays(np.float32), case.options(np.float32), "gradient"
            else:
                made = make_wrong(name, case, draw)
                if made is None:
                    continue
                arrays, options, gradients, what = made.arrays, made.options, None, str(made)
            fence.at_end = draw.yes()
            note(f"{name}: {what}; {case}")
            guarded = [None if one is None else fence.copy(one) for one in arrays]
            counts["cases"] += 1
            for place, table in (("cpu", backends.active), ("reference", OPS)):
                if not refused(table[name], guarded, options, gradients):
                    counts[f"{place} accepted"] += 1
                    accepted.append(f"{place}: {name}: {what}")

    turn = 0
    while counts["cases"] < count:
        explore(turn, min(AT_ONCE, max(LEAST, (count - counts["cases"]) // 5)), check)
        turn += 1
    return {"cases": counts["cases"], "accepted": accepted[:20], "cpu_accepted": counts["cpu accepted"],
            "reference_accepted": counts["reference accepted"]}  # fmt: skip


def main() -> None:
    """Run what the arguments say and print the figures."""
    kind, instruction_set, threads, count, cache = sys.argv[1:]
    faulthandler.enable()
    engine.set_backend("cpu", threads=int(threads), instruction_set=instruction_set, cache=cache)
    guard_backend(fence)
    pool = runtime.current().pool
    share = pool.run

    def share_any(name: str, arguments: Any, count: int, least: int = 1, multiple: int = 1) -> None:
        share(name, arguments, count, 1, multiple)  # sizes of any kind meet a second thread

    pool.run = share_any
    sys.stdout.write(json.dumps({"sweep": sweep, "wrong": wrong}[kind](int(count))))


main()
