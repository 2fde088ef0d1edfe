"""Measure the steps in one process: blocks of all sides alternate and are short, so that a busy moment hits each.

A program of its own, started by ``benchmarks/engine.py`` once per thread count and instruction set, since neither
can be changed in a process that has begun. Prints a line per figure and, at the end, all of them as JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.steps import SEED, Cases, Step

Block = Callable[[int], float]  # run that many steps, return seconds
JAX = "jax.jit"


def block(step: Step) -> Block:
    def run(count: int) -> float:
        # The other side's threads spin for milliseconds after their last task, on the processors measured here.
        time.sleep(0.008)
        step()
        begin = time.perf_counter()
        for _ in range(count):
            step()
        return time.perf_counter() - begin

    return run


class Jax:
    """The same steps by jax, in a process of its own that sleeps while others are measured."""

    def __init__(self, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.steps.jax_steps", "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.names: list[str] = self._ask({})

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the jax process ended; see above")
        return json.loads(line)

    def block(self, name: str) -> Block:
        return lambda count: float(self._ask({"step": name, "count": count}))

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)


def quiet_median(times: list[float]) -> float:
    """Return the median of the quietest quarter of the blocks."""
    quiet = sorted(times)[: max(1, len(times) // 4)]
    return quiet[len(quiet) // 2]


def measure(sides: dict[str, Block], blocks: int, seconds: float) -> dict[str, float]:
    """Return seconds per step of each side."""
    counts = {}
    for name, run in sides.items():
        run(2)
        counts[name] = max(1, int(seconds / max(min(run(1), run(1)), 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(blocks):
        for name, run in sides.items():
            times[name].append(run(counts[name]) / counts[name])
    return {name: quiet_median(one) for name, one in times.items()}


def check_same(name: str, sides: dict[str, Step]) -> None:
    """Refuse to compare steps that do not compute the same: from equal weights the losses are equal."""
    if name.startswith("adam"):
        return
    losses = [float(sides[side]()) for side in ("ours", "pytorch")]
    if abs(losses[0] - losses[1]) > 1e-3 * max(1.0, abs(losses[1])):
        raise SystemExit(f"{name}: the first loss is {losses[0]} here and {losses[1]} with PyTorch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--instruction-set", required=True)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--blocks", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--jax", action="store_true")
    arguments = parser.parse_args()

    import numpy as np
    import torch

    from azuraforge import engine

    torch.manual_seed(SEED)
    torch.set_num_threads(arguments.threads)
    engine.manual_seed(SEED)
    engine.set_backend("cpu", threads=arguments.threads, instruction_set=arguments.instruction_set)
    cases = Cases(np, torch, engine)
    wanted = [name for name in cases.builders if not arguments.only or any(one in name for one in arguments.only)]
    jax = Jax(arguments.threads) if arguments.jax else None
    print(f"\n{arguments.instruction_set}, threads {arguments.threads}; PyTorch {torch.__version__} with "
          f"{torch.backends.cpu.get_cpu_capability()}", flush=True)  # fmt: skip
    figures = []
    for name in wanted:
        steps = cases.builders[name]()
        check_same(name, steps)
        sides = {side: block(step) for side, step in steps.items()}
        if jax is not None and name in jax.names:
            sides[JAX] = jax.block(name)
        milliseconds = {
            side: 1e3 * value for side, value in measure(sides, arguments.blocks, arguments.seconds).items()
        }
        figures.append({"figure": name, "sides": milliseconds})
        others = "  ".join(f"{side} {value:.3f}" for side, value in milliseconds.items() if side != "ours")
        ratio = milliseconds["ours"] / milliseconds["pytorch"]
        print(f"  {name:28} ours {milliseconds['ours']:8.3f} ms  {others}  ratio {ratio:.3f}", flush=True)
    if jax is not None:
        jax.stop()
    print("FIGURES " + json.dumps({"figures": figures, "capability": torch.backends.cpu.get_cpu_capability()}))


if __name__ == "__main__":
    main()
