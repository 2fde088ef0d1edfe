"""Toy phases for the children of these tests: a chain of hashes stands for weights, so that every step counts."""

# ruff: noqa: T201  what a child prints is part of what is tested
from __future__ import annotations

import ctypes
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from azuraforge.errors import InvalidInput, TransientError


def echo(child):
    return {"payload": child.payload, "environment": dict(os.environ), "pid": os.getpid()}


def train(child):
    """``steps`` links of a hash chain, each taking ``pause`` seconds; a checkpoint every ``every`` steps."""
    asked = child.payload
    state, step = f"seed {child.seed}", 0
    found = None if asked.get("forgetful") else child.resume()
    if found is not None:
        saved = json.loads((found.folder / "state.json").read_text())
        state, step = saved["state"], saved["step"]
    print(f"from step {step}", flush=True)
    while step < asked["steps"]:
        step += 1
        state = hashlib.sha256(f"{state} {step}".encode()).hexdigest()
        child.log(step, loss=1.0 / step)
        child.progress(step, asked["steps"])
        _misbehave(asked, step, found is not None)
        if step % asked.get("every", 10) == 0:
            now = json.dumps({"state": state, "step": step})
            _shrink_files(asked)
            child.checkpoint(step, lambda folder, now=now: _save(folder, now, asked.get("ballast", 0)))
            if asked.get("die_after_checkpoint"):
                time.sleep(0.3)  # the worker hears of it
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(asked.get("pause", 0))
    (child.outputs / "weights.txt").write_text(state)
    return {"hash": state}


def _save(folder: Path, text: str, ballast: int) -> None:
    (folder / "state.json").write_text(text)
    if ballast:
        (folder / "ballast.bin").write_bytes(os.urandom(ballast))


def _shrink_files(asked) -> None:
    """A file-size limit while the named file is there: what a full disk looks like to one process."""
    if "limit_while" in asked and Path(asked["limit_while"]).exists():
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["limit_bytes"], asked["limit_bytes"]))


def _misbehave(asked, step, resumed) -> None:
    if step == asked.get("die_at") and not (resumed and asked.get("die_once")):
        os.kill(os.getpid(), signal.SIGKILL)
    if step == asked.get("raise_at") and not (resumed and asked.get("raise_once")):
        raise {"user": InvalidInput, "transient": TransientError, "bug": ZeroDivisionError}[asked["error"]](
            "on purpose"
        )


def stubborn(child):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    child.progress(0, 1, "ignoring signals")
    time.sleep(300)


def detach(child):
    """Starts what leaves the group and starts something itself, holding every pipe; then ends without an answer."""
    if os.fork() == 0:
        os.setsid()
        first = os.fork()
        if first:
            with Path(child.payload["marks"]).open("a") as marks:
                marks.write(f"{os.getpid()} {first} ")
        time.sleep(300)
        os._exit(0)
    while not Path(child.payload["marks"]).exists() or not Path(child.payload["marks"]).read_text():
        time.sleep(0.01)
    if child.payload.get("stay"):
        child.progress(1, 2, "detached")
        time.sleep(300)
    os._exit(3)


def seize(child):
    """Holds the interpreter for ever, as native code may: no other thread of this process runs again.

    Before, it starts a program of its own group whose environment tells nothing.
    """
    started = subprocess.Popen(["sleep", "300"], env={})
    Path(child.payload["marks"]).write_text(f"{os.getpid()} {started.pid} ")
    ctypes.PyDLL(None).pause()


def hang(child):
    time.sleep(300)


def die(child):
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(child):
    raise InvalidInput("this cannot be", where="the toy", next_step="choose another")


def unsayable(child):
    """Says, or ends with, what JSON cannot say."""
    match child.payload["what"]:
        case "message":
            raise ValueError("bad file name \udcff\0")
        case "details":
            mirror = []
            mirror.append(mirror)
            details = {"path": Path("/x"), "size": 2**70, "mirror": mirror, "seen": {1: {2}}}
            raise InvalidInput("no \udcff", details=details, mirror=mirror)
        case "metric name":
            child.log(1, **{"lo\udcffss": 1.0})
        case "empty metric name":
            child.log(1, **{"": 1.0})
        case "long metric name":
            child.log(1, **{"x" * 201: 1.0})
        case "metric value":
            child.log(1, loss=10**400)
        case "step":
            child.log(2**63, loss=1.0)
        case "step that is none":
            child.log(float("inf"), loss=1.0)
        case "checkpoint step":
            child.checkpoint(2**63, lambda folder: None)
        case "progress":
            child.progress(1, 2**63)
        case "figure":
            child.figure("line", {"points": {1, 2}})
    time.sleep(0.3)  # whatever a thread of ours chokes on, it has tried by now
    return {}


def odd_words(child):
    child.progress(1, 2, "half \udcff")
    child.note("note \udcff\0")
    return {}


def bug(child):
    return {"ratio": 1 / child.payload["divisor"]}


def count_calls(child):
    """Leaves a mark on each call, outside the run's folder."""
    with Path(child.payload["marks"]).open("a") as marks:
        marks.write("x")
    (child.outputs / "made.txt").write_text("made")
    return {"made": True}


def greedy(child):
    block = bytearray(child.payload["bytes"])
    block[::4096] = b"x" * len(block[::4096])
    time.sleep(300)


def odd_metrics(child):
    child.log(1, loss=float("nan"))
    child.log(2, loss=float("inf"))
    child.log(3, loss=-float("inf"))
    child.log(4, loss=0.1 + 0.2)
    return {}


def chatty(child):
    for number in range(child.payload["lines"]):
        print(f"line {number} " + "x" * 80)
    return {}


def describe(child):
    child.note("One paragraph.")
    child.figure("line", {"points": [1, 2, 3]})
    return {}


def adder(payload):
    def answer(question):
        if question.get("die"):
            os.kill(os.getpid(), signal.SIGKILL)
        if question.get("hang"):
            time.sleep(300)
        if "x" not in question:
            raise InvalidInput("x is missing")
        return {"sum": payload["y"] + question["x"], "pid": os.getpid()}

    return answer


def many_greedy(child):
    """Several processes with a share of the memory each."""
    for _ in range(child.payload["processes"]):
        if os.fork() == 0:
            block = bytearray(child.payload["bytes"])
            block[::4096] = b"x" * len(block[::4096])
            time.sleep(300)
            os._exit(0)
    time.sleep(300)


def sharing(child):
    """Several processes that look at one and the same memory."""
    block = bytearray(child.payload["bytes"])
    block[::4096] = b"x" * len(block[::4096])
    started = []
    for _ in range(child.payload["processes"]):
        pid = os.fork()
        if pid == 0:
            time.sleep(2.5)
            os._exit(0)
        started.append(pid)
    for pid in started:
        os.waitpid(pid, 0)
    return {}


def burn(child):
    used, until = time.process_time(), time.monotonic() + child.payload["seconds"]
    while time.monotonic() < until:
        pass
    return {"share_of_core": (time.process_time() - used) / child.payload["seconds"]}


def explain(child):
    """Attach a figure and a note; first wait for a file, or die as often as a file does not yet have lines."""
    asked = child.payload
    while "wait_for" in asked and not Path(asked["wait_for"]).exists():
        time.sleep(0.02)
    if "deaths" in asked:
        marks = Path(asked["marks"])
        with marks.open("a") as file:
            file.write("tried\n")
        if len(marks.read_text().splitlines()) <= asked["deaths"]:
            os.kill(os.getpid(), signal.SIGKILL)
    child.figure("explained", {"read": (Path(asked["folder"]) / "weights.txt").read_text(), "nice": os.nice(0)})
    child.note("explained")
    return {}


def chatty_and_slow(child) -> dict[str, object]:
    """Prints a line, again and again, until the run is cancelled."""
    number = 0
    while True:
        print(f"line {number}", flush=True)
        number += 1
        time.sleep(0.02)
