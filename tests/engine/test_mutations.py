"""Backward rules broken on purpose, one at a time, in a copy of the sources: the suite must notice each.

Part of ``make proof``. To add one, name the file, the right code and the wrong code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import azuraforge

MUTATIONS = {
    "tanh without the square": ("ops/activation.py", "gradient * (1 - context.saved * context.saved)",
                                "gradient * (1 - context.saved)"),
    "linear weights see the size of the input only": ("ops/linear.py", "rows.T @ flat if need_weight",
                                                      "rows.T @ abs(flat) if need_weight"),
    "lstm forget gate sees the new cell": ("ops/recurrent.py", "d_cell * cells[step], gate_f",
                                           "d_cell * cells[step + 1], gate_f"),
    "layer norm forgets the mean": ("ops/normalization.py",
                                    "            - weighted.mean(axis=over, keepdims=True)\n", ""),
    "repeated indices counted once": ("ops/embedding.py", "    np.add.at(result, indices, gradient)\n",
                                      "    result[indices] = gradient\n"),
    "broadcast gradients not summed": ("ops/registry.py", "    summed = gradient.sum(", "    summed = gradient.max("),
    "gradients overwrite instead of add": ("tensor.py", "                self._gradient += gradient",
                                           "                self._gradient = gradient.copy()"),
    "gru reset gate left out of the state": ("ops/recurrent.py",
                                             "        d_recurrent[step][:, 2 * hidden :] *= gate_r\n", ""),
    "huber slope not limited": ("ops/loss.py", "    slope = np.clip(error, -limit, limit)\n", "    slope = error\n"),
    "adam forgets the bias correction": ("optim/adam.py", "1 / math.sqrt(1 - beta_2**step)", "1.0"),
    "kernel: lstm output gate": ("backends/cpu/kernels/lstm.py", "through * flat * (1.0 - gate_o)",
                                 "through * flat * (1.0 + gate_o)"),
    "kernel: an earlier chunk's states": ("backends/cpu/kernels/lstm.py", "e.at(states, first * batch * padded)",
                                         "e.at(states, passed * batch * padded)"),
    "kernel: what is infinite reaches the padding": (
        "backends/cpu/kernels/lstm.py", "e.select(inside, e.load(here, padded * gate), e.zero())",
        "e.load(here, padded * gate)"),
    "kernel: one thread's gradients are not added": (
        "backends/cpu/kernels/recurrent.py", "e.load(sums, place) + e.load(sums, thread * size + place)",
        "e.load(sums, place)"),
    "kernel: attention without the mean": ("backends/cpu/kernels/attention.py",
                                           "(e.load(here, place, mask) - mean) * factor",
                                           "e.load(here, place, mask) * factor"),
    "attention lets gradients through dropped weights": (
        "ops/attention.py", "d_weights = d_used if keep is None else d_used * keep", "d_weights = d_used"),
    "a column of records taken as it lies": (
        "tensor.py", "return array if array.flags.aligned else array.copy()", "return array"),
    "kernel: a NaN lost in pooling": (
        "backends/cpu/kernels/convolution.py", 'e.select(broken, e.splat(float("nan")), best)', "best"),
    "kernel: squares moved back with a wrong sign": (
        "backends/cpu/kernels/winograd.py", "return [a + b + c, b - c - d]", "return [a + b + c, b - c + d]"),
    "kernel: a square does not tell of infinity": (
        "backends/cpu/kernels/winograd.py", "e.store(broken.get(), told", "e.store(e.zero(), told"),
    "kernel: winners of the right column put left": (
        "backends/cpu/kernels/pooled.py", "4 + tap % 3 + place % 2", "4 + tap % 3"),
    "kernel: infinity in a division that two share": (
        "backends/cpu/kernels/adam.py", "wild = e.bits(product >= _LARGEST) + small_eps", "wild = small_eps"),
    "kernel: a relu that lets every gradient through": (
        "backends/cpu/kernels/linear.py", "e.select(on, e.load(grad, here, mask), e.zero())",
        "e.load(grad, here, mask)"),
    "resume forgets the shuffler": (
        "data/batches.py", '        restore_generator(state["generator"], self.generator)\n', ""),
}  # fmt: skip


@pytest.mark.proof
@pytest.mark.parametrize("name", MUTATIONS)
def test_the_suite_notices(name, tmp_path):
    file, right, wrong = MUTATIONS[name]
    source = Path(azuraforge.__file__).parent
    (tmp_path / "azuraforge").mkdir()
    shutil.copy(source / "__init__.py", tmp_path / "azuraforge")
    shutil.copytree(source / "engine", tmp_path / "azuraforge" / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path / "azuraforge" / "engine" / file
    text = target.read_text()
    assert text.count(right) >= 1, "the code to break has changed: adapt this mutation"
    target.write_text(text.replace(right, wrong))
    tests = Path(__file__).parent
    # Without the suite's outer conftest, which needs the other packages.
    shutil.copytree(tests, tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__", "test_mutations.py"))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--import-mode=importlib",
               "--rootdir", str(tmp_path), "-m", "not proof", str(tmp_path / "tests")]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "AZURAFORGE_KERNEL_CACHE": str(tmp_path / "kernels")}
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  proof: takes long\n  realdata: data\n  browser: b\n")
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert result.returncode == 1, result.stdout[-2000:]
    assert " failed" in result.stdout, result.stdout[-2000:]
