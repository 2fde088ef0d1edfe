"""The engine compared with PyTorch eager: full training steps through the public API, both in one process.

Blocks of both sides alternate and are short, so that a busy moment hits both; the figure is the ratio of the medians
of each side's quietest quarter, lower is better for us. A second part restricts both sides to AVX2. For the reader
stand alongside it PyTorch channels-last with its fused Adam, and ``jax.jit``.
"""

# mypy: ignore-errors
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report import ROOT, Report, machine
from benchmarks.steps import EVEN, ODD, ROUND, SEED, work

GOALS = {  # figure: (AVX-512, AVX2), two threads; one thread may be 0.2 above
    "lstm b32 t60 f8 h64": (0.35, 0.50),
    "lstm two layers": (0.55, 0.80),
    "lstm b64 t24 h128": (0.55, 0.80),
    "cnn 28x28 b64": (0.20, 0.25),
    "dense conv 32→64": (0.9, 0.9),
    "mlp 784-128-128-10 b64": (0.40, 0.50),
    "encoder d64 h4 t60 b32": (0.55, 0.70),
    "encoder two layers": (0.55, 0.70),
    "gru b32 t60 f8 h64": (0.40, 0.55),
    "adam 19k": (0.5, 0.5),
    "adam 1M": (0.5, 0.5),
    "lstm inference b1": (0.25, 0.25),
}
ODD_GOAL, START_GOAL = 1.4, 0.4
QUIET = 0.9  # the least share of its processor that a busy process must get before and after, for goals to count
# What keeps each library from wider vectors than AVX2; it must stand in the environment before they are loaded.
AVX2_ONLY = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}

OURS = """
import resource
import numpy as np
from azuraforge import engine
from azuraforge.engine import nn, optim
engine.set_backend("cpu")
core, head = nn.LSTM(8, 64), nn.Linear(64, 1)
optimizer = optim.Adam([*core.parameters(), *head.parameters()])
x, y = engine.Tensor(np.ones((32, 60, 8), np.float32)), np.ones((32, 1), np.float32)
for _ in range(STEPS):
    optimizer.zero_grad()
    nn.functional.mse_loss(head(core(x)[0][:, -1]), y).backward()
    optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
THEIRS = """
import resource
import torch
torch.set_num_threads(1)
core, head = torch.nn.LSTM(8, 64, batch_first=True), torch.nn.Linear(64, 1)
optimizer = torch.optim.Adam([*core.parameters(), *head.parameters()])
x, y = torch.ones(32, 60, 8), torch.ones(32, 1)
for _ in range(STEPS):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(head(core(x)[0][:, -1]), y).backward()
    optimizer.step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def one_thread_each(threads: int = 1) -> dict[str, str]:
    return {**os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}}


def features() -> list[str]:
    """Return the vector extensions this CPU has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next(line for line in lines if line.startswith(("flags", "Features"))).split()
    except (OSError, StopIteration):
        return []
    known = ("avx2", "fma", "avx512f", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd")
    return [flag for flag in known if flag in flags]


def numpy_without_avx512() -> dict[str, str]:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    wide = [name for name in __cpu_dispatch__ if name.startswith(("AVX512", "X86_V4")) and __cpu_features__.get(name)]
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)} if wide else {}


def fresh_processes(report: Report, repeats: int = 5) -> None:
    """Measure whole processes: import with the first step (kernels cached), and peak memory after 50 steps."""
    seconds, share = ([], []), free_share(1)
    for repeat in range(repeats + 1):
        for side, code in enumerate((OURS, THEIRS)):
            begin = time.perf_counter()
            command = [sys.executable, "-c", code.replace("STEPS", "1")]
            subprocess.run(command, env=one_thread_each(), check=True, capture_output=True)
            if repeat:  # the first of each warms the disk and the kernels' cache
                seconds[side].append(time.perf_counter() - begin)
    ours, theirs = (min(one) for one in seconds)
    quiet = min(share, free_share(1)) >= QUIET
    report.add("import and first step, fresh process", ours, "s", peer=theirs, ratio=ours / theirs,
               goal=f"≤ {START_GOAL}", met=ours / theirs <= START_GOAL if quiet else None)  # fmt: skip
    memory = []
    for code in (OURS, THEIRS):
        command = [sys.executable, "-c", code.replace("STEPS", "50")]
        result = subprocess.run(command, env=one_thread_each(), check=True, capture_output=True, text=True)
        memory.append(int(result.stdout) / 1024)
    report.add("peak memory of the process, 50 steps", memory[0], "MiB", peer=memory[1], ratio=memory[0] / memory[1])


def free_share(processes: int, seconds: float = 0.4) -> float:
    """Return how much of its processor the worst of some busy processes gets; 1 on a quiet machine."""
    code = (f"import time\nbegin = time.perf_counter()\nwhile time.perf_counter() < begin + {seconds}:\n    pass\n"
            "print(time.process_time() / (time.perf_counter() - begin))")  # fmt: skip
    command = [sys.executable, "-S", "-c", code]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return min(float(one.communicate()[0]) for one in running)


def run_section(instruction_set: str, threads: int, arguments: argparse.Namespace, restricted: bool) -> dict:
    """Measure one instruction set and thread count in a process of its own; return what it found."""
    environment = one_thread_each(threads) | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    if restricted:
        environment |= AVX2_ONLY | numpy_without_avx512()
    command = [sys.executable, "-m", "benchmarks.steps.measuring", "--threads", str(threads), "--instruction-set",
               instruction_set, "--blocks", str(arguments.blocks), "--seconds", str(arguments.seconds), "--only",
               *arguments.only]  # fmt: skip
    if not restricted and not arguments.no_jax:
        command.append("--jax")
    share = free_share(threads)
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    found = {}
    for line in process.stdout:
        if line.startswith("FIGURES "):
            found = json.loads(line.removeprefix("FIGURES "))
        else:
            print(line, end="", flush=True)
    if process.wait():
        sys.exit(process.returncode)
    if restricted and found["capability"] != "AVX2":
        sys.exit(f"PyTorch was to be restricted to AVX2 and says {found['capability']}")
    return found | {"share": min(share, free_share(threads))}


def add_figures(report: Report, found: dict, instruction_set: str, threads: int) -> None:
    """Add the figures of a section; on a busy machine they are reported without a goal."""
    quiet = found["share"] >= QUIET
    report.notes.append(
        f"{instruction_set}, threads {threads}: busy processes got {found['share']:.0%} of their processors"
        + ("" if quiet else ", so these figures are not judged: a busy machine slows each side in its own way")
    )
    column = {"avx512": 0, "avx2": 1}.get(instruction_set)
    for one in found["figures"]:
        name, sides = one["figure"], one["sides"]
        ours, theirs = sides.pop("ours"), sides.pop("pytorch")
        where = f"{name}, {instruction_set}, {threads} thread{'s' if threads > 1 else ''}"
        goal, extra = None, {}
        if name in GOALS and column is not None:
            goal = GOALS[name][column] + (0.2 if threads == 1 else 0)
            extra = {"goal": f"≤ {goal:.2f}", "met": ours / theirs <= goal if quiet else None}
        report.add(where, ours, "ms", peer=theirs, ratio=ours / theirs, **extra)
        for side, value in sides.items():
            if side == ROUND:
                mine, other = (1e6 * ms / work(*size) for ms, size in ((ours, ODD), (value, EVEN)))
                report.add(f"{where}: per work, alongside b8 t36 h48", mine, "ns", peer=other, ratio=mine / other,
                           goal=f"≤ {ODD_GOAL}", met=mine / other <= ODD_GOAL if quiet else None)  # fmt: skip
            else:
                report.add(f"{where}: alongside {side}", ours, "ms", peer=value, ratio=ours / value)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--only", nargs="*", default=[], help="parts of the names of the steps to measure")
    parser.add_argument("--blocks", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=0.03, help="length of a block")
    parser.add_argument("--no-jax", action="store_true")
    parser.add_argument("--no-avx2", action="store_true", help="leave out the part where both sides have AVX2 only")
    arguments = parser.parse_args()

    from azuraforge.engine.backends.cpu import compiler

    compiler.initialize()
    best = compiler.host_target().name
    report = Report("engine", seed=SEED)
    commit = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    print(f"{machine()}; {' '.join(features())}; commit {commit.stdout.strip()}; "
          f"{datetime.now(UTC).isoformat(timespec='minutes')}; seed {SEED}")  # fmt: skip
    for threads in arguments.threads:
        add_figures(report, run_section(best, threads, arguments, restricted=False), best, threads)
    if best == "avx512" and not arguments.no_avx2:
        for threads in arguments.threads:
            add_figures(report, run_section("avx2", threads, arguments, restricted=True), "avx2", threads)
    if not arguments.only:
        fresh_processes(report)
    report.notes.append(f"CPU features: {' '.join(features())}. Peer: PyTorch eager where nothing else is named.")
    missed = [one.figure for one in report.figures if one.met is False]
    open_figures = sum(1 for one in report.figures if one.goal and one.met is None)
    report.notes.append(f"missed: {'; '.join(missed) or 'none'}; not judged: {open_figures}")
    report.finish()


if __name__ == "__main__":
    main()
