"""The engine beside PyTorch eager: full training steps through the public API, both in one process.

Run it with an environment that has torch (CPU) and llvmlite: ``python benchmarks/engine.py``. Blocks of both
sides alternate and are short, so that a busy moment hits both; the figure is the ratio of the medians of each
side's quietest quarter. Lower is better for us. Results go to ``benchmarks/results/engine.json``.
"""

# mypy: ignore-errors
from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

GOALS = {  # figure: (AVX-512, AVX2), two threads
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
    "lstm odd b7 t37 h50": (None, None),
    "import and first step": (0.4, 0.4),
}


def build(np, torch, engine):
    """Return name → (ours, theirs): two functions that each run one full step on the same numbers."""
    nn, optim, functional = engine.nn, engine.optim, engine.nn.functional
    rng = np.random.default_rng(0)
    cases = {}

    def recurrent(name, kind, batch, time_steps, features, hidden, layers=1):
        x = rng.normal(size=(batch, time_steps, features)).astype(np.float32)
        y = rng.normal(size=(batch, 1)).astype(np.float32)
        core, head = getattr(nn, kind)(features, hidden, layers), nn.Linear(hidden, 1)
        their_core = getattr(torch.nn, kind)(features, hidden, layers, batch_first=True)
        their_head = torch.nn.Linear(hidden, 1)
        our_optimizer = optim.Adam([*core.parameters(), *head.parameters()], lr=1e-3)
        their_optimizer = torch.optim.Adam([*their_core.parameters(), *their_head.parameters()], lr=1e-3)
        ours_x, ours_y, theirs_x, theirs_y = engine.Tensor(x), engine.Tensor(y), torch.tensor(x), torch.tensor(y)

        def ours():
            our_optimizer.zero_grad()
            output, _ = core(ours_x)
            loss = functional.mse_loss(head(output[:, -1]), ours_y)
            loss.backward()
            our_optimizer.step()

        def theirs():
            their_optimizer.zero_grad()
            output, _ = their_core(theirs_x)
            loss = torch.nn.functional.mse_loss(their_head(output[:, -1]), theirs_y)
            loss.backward()
            their_optimizer.step()

        cases[name] = (ours, theirs)
        return core, their_core

    recurrent("lstm b32 t60 f8 h64", "LSTM", 32, 60, 8, 64)
    recurrent("lstm two layers", "LSTM", 32, 60, 8, 64, 2)
    recurrent("lstm b64 t24 h128", "LSTM", 64, 24, 8, 128)
    recurrent("lstm odd b7 t37 h50", "LSTM", 7, 37, 8, 50)
    recurrent("lstm even b8 t36 h48", "LSTM", 8, 36, 8, 48)
    recurrent("gru b32 t60 f8 h64", "GRU", 32, 60, 8, 64)

    def supervised(name, model, theirs_model, x, y):
        our_optimizer = optim.Adam(model.parameters(), lr=1e-3)
        their_optimizer = torch.optim.Adam(theirs_model.parameters(), lr=1e-3)
        ours_x, theirs_x, theirs_y = engine.Tensor(x), torch.tensor(x), torch.tensor(y)
        ours_y = engine.Tensor(y)
        classes = y.dtype.kind == "i"

        def ours():
            our_optimizer.zero_grad()
            loss = (functional.cross_entropy if classes else functional.mse_loss)(model(ours_x), ours_y)
            loss.backward()
            our_optimizer.step()

        def theirs():
            their_optimizer.zero_grad()
            f = torch.nn.functional
            loss = (f.cross_entropy if classes else f.mse_loss)(theirs_model(theirs_x), theirs_y)
            loss.backward()
            their_optimizer.step()

        cases[name] = (ours, theirs)

    images = rng.normal(size=(64, 1, 28, 28)).astype(np.float32)
    labels = rng.integers(0, 10, 64)

    def both(*layers):
        return [tuple(getattr(side, kind)(*arguments) for kind, *arguments in layers) for side in (nn, torch.nn)]

    ours, theirs = both(("Conv2d", 1, 16, 3, 1, 1), ("ReLU",), ("MaxPool2d", 2), ("Conv2d", 16, 32, 3, 1, 1), ("ReLU",),
                        ("MaxPool2d", 2), ("Flatten",), ("Linear", 1568, 10))  # fmt: skip
    supervised("cnn 28x28 b64", nn.Sequential(*ours), torch.nn.Sequential(*theirs), images, labels)
    ours, theirs = both(("Conv2d", 32, 64, 3, 1, 1))
    x = rng.normal(size=(16, 32, 28, 28)).astype(np.float32)
    y = rng.normal(size=(16, 64, 28, 28)).astype(np.float32)
    supervised("dense conv 32→64", ours[0], theirs[0], x, y)
    ours, theirs = both(("Linear", 784, 128), ("ReLU",), ("Linear", 128, 128), ("ReLU",), ("Linear", 128, 10))
    supervised("mlp 784-128-128-10 b64", nn.Sequential(*ours), torch.nn.Sequential(*theirs),
               images.reshape(64, 784), labels)  # fmt: skip
    x = rng.normal(size=(32, 60, 64)).astype(np.float32)
    y = rng.normal(size=(32, 60, 64)).astype(np.float32)
    for name, layers in (("encoder d64 h4 t60 b32", 1), ("encoder two layers", 2)):
        mine = nn.Sequential(*[nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0) for _ in range(layers)])
        their = torch.nn.Sequential(
            *[torch.nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True) for _ in range(layers)]
        )
        supervised(name, mine, their, x, y)

    for name, size in (("adam 19k", 19_000), ("adam 1M", 1_000_000)):
        parts = [size // 4, size // 4, size // 2]
        values = [rng.normal(size=part).astype(np.float32) for part in parts]
        mine = [nn.Parameter(value.copy()) for value in values]
        their = [torch.nn.Parameter(torch.tensor(value)) for value in values]
        our_optimizer, their_optimizer = optim.Adam(mine), torch.optim.Adam(their, fused=True)
        for a, b, value in zip(mine, their, values, strict=True):
            a.accumulate_gradient(value)
            b.grad = torch.tensor(value)
        cases[name] = (our_optimizer.step, their_optimizer.step)

    core, their_core = nn.LSTM(8, 64), torch.nn.LSTM(8, 64, batch_first=True)
    one = rng.normal(size=(1, 60, 8)).astype(np.float32)
    ours_one, theirs_one = engine.Tensor(one), torch.tensor(one)

    def infer():
        with engine.no_grad():
            core(ours_one)

    def infer_theirs():
        with torch.no_grad():
            their_core(theirs_one)

    cases["lstm inference b1"] = (infer, infer_theirs)
    return cases


def quiet_median(times):
    """Return the median of the quietest quarter of the blocks."""
    quiet = sorted(times)[: max(1, len(times) // 4)]
    return quiet[len(quiet) // 2]


def measure(ours, theirs, blocks, seconds_per_block):
    """Return seconds per step of both sides, blocks interleaved."""
    counts = []
    for step in (ours, theirs):
        step()
        step()
        begin = time.perf_counter()
        step()
        counts.append(max(1, int(seconds_per_block / max(time.perf_counter() - begin, 1e-7))))
    results = ([], [])
    for _ in range(blocks):
        for side, (step, count) in enumerate(zip((ours, theirs), counts, strict=True)):
            begin = time.perf_counter()
            for _ in range(count):
                step()
            results[side].append((time.perf_counter() - begin) / count)
    return quiet_median(results[0]), quiet_median(results[1])


def run(threads, backend, names, blocks, seconds):
    """Measure all cases in this process."""
    import numpy as np
    import torch

    torch.set_num_threads(threads)
    from azuraforge import engine

    engine.manual_seed(0)
    engine.set_backend(backend, **({"threads": threads} if backend == "cpu" else {}))
    figures = []
    for name, (ours, theirs) in build(np, torch, engine).items():
        if names and not any(part in name for part in names):
            continue
        mine, their = measure(ours, theirs, blocks, seconds)
        figures.append({"figure": name, "threads": threads, "backend": backend, "value": mine * 1e3, "unit": "ms",
                        "peer": their * 1e3, "ratio": mine / their})  # fmt: skip
        print(f"{name:28} threads {threads}  ours {mine * 1e3:9.3f} ms  pytorch {their * 1e3:9.3f} ms"
              f"  ratio {mine / their:6.3f}", flush=True)  # fmt: skip
    return figures


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


def fresh_processes(repeats=5):
    """Measure whole processes: import with the first step (kernels cached), and peak memory after 50 steps."""
    seconds, memory = ([], []), ([], [])
    environment = {**os.environ, **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}}
    for _ in range(repeats + 1):
        for side, code in enumerate((OURS, THEIRS)):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code.replace("STEPS", "1")], env=environment, check=True,
                           capture_output=True)  # fmt: skip
            seconds[side].append(time.perf_counter() - begin)
    for side, code in enumerate((OURS, THEIRS)):
        result = subprocess.run([sys.executable, "-c", code.replace("STEPS", "50")], env=environment, check=True,
                                capture_output=True, text=True)  # fmt: skip
        memory[side].append(int(result.stdout) / 1024)
    mine, their = (min(one[1:]) for one in seconds)
    rows = [("import and first step", mine, their, "s"), ("peak memory", memory[0][0], memory[1][0], "MiB")]
    for name, ours, theirs, unit in rows:
        print(
            f"{name:28} threads 1  ours {ours:9.3f} {unit:3} pytorch {theirs:9.3f} {unit:3} ratio {ours / theirs:6.3f}"
        )
    return [{"figure": name, "threads": 2 if unit == "s" else 1, "backend": "cpu", "value": ours, "unit": unit,
             "peer": theirs, "ratio": ours / theirs} for name, ours, theirs, unit in rows]  # fmt: skip


def features():
    """Return the vector extensions this CPU has."""
    try:
        flags = next(
            line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")
        ).split()
    except (OSError, StopIteration):
        return [platform.machine()]
    return [flag for flag in ("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile") if flag in flags]


def main():
    """Run each thread count in a process of its own, since thread pools cannot be resized reliably."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--backend", default="cpu")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--blocks", type=int, default=48)
    parser.add_argument("--seconds", type=float, default=0.03)
    parser.add_argument("--child", type=int)
    arguments = parser.parse_args()
    if arguments.child:
        figures = run(arguments.child, arguments.backend, arguments.only, arguments.blocks, arguments.seconds)
        print("FIGURES " + json.dumps(figures))
        return
    print("cpu:", platform.processor() or platform.machine(), *features())
    collected = []
    for threads in arguments.threads:
        environment = {**os.environ, **{f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}}
        command = [sys.executable, __file__, *sys.argv[1:], "--child", str(threads)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if line.startswith("FIGURES "):
                collected += json.loads(line.removeprefix("FIGURES "))
            else:
                print(line, end="", flush=True)
        if process.wait():
            sys.exit(process.returncode)
    if not arguments.only:
        collected += fresh_processes()
    wide = "avx512f" in features()
    for figure in collected:
        goal = GOALS.get(figure["figure"], (None, None))[0 if wide else 1]
        if goal is not None and figure["threads"] == 1:
            goal += 0.2
        figure |= {"goal": goal, "met": None if goal is None else figure["ratio"] <= goal}
    missed = [f"{one['figure']} ({one['threads']})" for one in collected if one["met"] is False]
    print("missed:", ", ".join(missed) or "none")
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    target = Path(__file__).parent / "results" / "engine.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({"machine": features(), "commit": commit, "seed": 0, "figures": collected}, indent=2))


if __name__ == "__main__":
    main()
