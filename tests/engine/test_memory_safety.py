"""Kernels stay inside their arrays, and what does not fit is refused before a kernel sees it.

Each test is a process of its own (``guarded_child.py``), in which every array of the cpu backend, scratch memory
included, lies between pages that may not be touched: a kernel that reads or writes a byte too many dies there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_sweep import SETS, THREADS

pytestmark = pytest.mark.skipif(not SETS, reason="the cpu backend needs llvmlite")
CHILD = Path(__file__).parent / "guarded_child.py"


def amounts(sample: int, full: int):
    sizes = [pytest.param(sample, id="sample"), pytest.param(full, id="full", marks=pytest.mark.proof)]
    return pytest.mark.parametrize("count", sizes)


#: The suite of every commit tries the widest instruction set, ``make proof`` each of them.
PROVED = [*SETS[:1], *(pytest.param(each, marks=pytest.mark.proof) for each in SETS[1:])]


def run_child(kind: str, instruction_set: str, threads: int, count: int, cache: Path) -> dict:
    command = [sys.executable, str(CHILD), kind, instruction_set, str(threads), str(count), str(cache)]
    result = subprocess.run(command, capture_output=True, text=True)
    last = "\n".join(result.stderr.splitlines()[-30:])
    assert result.returncode == 0, f"the process ended with {result.returncode}; its last case:\n{last}"
    return json.loads(result.stdout)


@amounts(60, 10_000)
@pytest.mark.parametrize("instruction_set", PROVED)
def test_no_kernel_leaves_its_arrays(instruction_set, count, kernel_cache):
    figures = run_child("sweep", instruction_set, THREADS[-1], count, kernel_cache)
    assert figures["cases"] >= count
    assert figures["arrays"] > 2 * count, "hardly an array lay between guard pages"


@amounts(100, 10_000)
@pytest.mark.parametrize("instruction_set", PROVED)
def test_wrong_shapes_options_and_gradients_are_refused_by_every_backend(instruction_set, count, kernel_cache):
    figures = run_child("wrong", instruction_set, THREADS[-1], count, kernel_cache)
    assert figures["cases"] >= count
    assert (figures["cpu_accepted"], figures["reference_accepted"]) == (0, 0), figures["accepted"]


@pytest.mark.parametrize("at_end", [True, False])
def test_the_fence_stops_who_leaves_an_array(at_end):
    """A guard page that lets everyone pass would make the tests above blind."""
    code = (
        "import ctypes, sys; import numpy as np; sys.path.append(sys.argv[1]); from guard_pages import Fence\n"
        f"fence = Fence(); fence.at_end = {at_end}\n"
        "array = fence.copy(np.arange(5, dtype=np.float32)[1::2]); first = array.__array_interface__['data'][0]\n"
        "inside = [ctypes.c_float.from_address(first + 8 * place).value for place in (0, 1)]\n"
        "assert inside == [1.0, 3.0], inside\n"
        f"print('inside', flush=True); ctypes.c_char.from_address(first {'+ 12' if at_end else '- 1'}).value\n"
    )
    result = subprocess.run([sys.executable, "-c", code, str(CHILD.parent)], capture_output=True, text=True)
    assert result.stdout.strip() == "inside", result.stderr
    assert result.returncode == -11, result.stderr
