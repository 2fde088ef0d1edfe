"""The threads of the cpu backend: the same bits whoever does the shares, after sleep, and in a forked process."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

import numpy as np
import pytest

pytest.importorskip("llvmlite", reason="the cpu backend needs llvmlite")

from azuraforge import engine
from azuraforge.engine import Tensor, nn
from azuraforge.engine.backends.cpu import runtime

pytestmark = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors")


@pytest.fixture
def two_threads(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("AZURAFORGE_KERNEL_CACHE", str(tmp_path_factory.getbasetemp() / "kernels"))
    engine.set_backend("cpu", threads=2)
    yield
    engine.set_backend("reference")


def step() -> bytes:
    """Output and gradients of layers whose batch of 7 leaves single rows over, as bytes."""
    rng = np.random.default_rng(3)
    parts = []
    for layer, shape in ((nn.LSTM(5, 50), (7, 9, 5)), (nn.Linear(300, 90), (131, 300)), (nn.LayerNorm(64), (999, 64))):
        for parameter in layer.parameters():
            parameter.data[...] = rng.normal(size=parameter.shape)
        x = Tensor(rng.normal(size=shape).astype(np.float32), requires_grad=True)
        output = layer(x)
        output = output[0] if isinstance(output, tuple) else output
        (output * output).sum().backward()
        parts += [output.numpy(), x.grad.numpy(), *(parameter.grad.numpy() for parameter in layer.parameters())]
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)


def test_threads_that_slept_wake_again(two_threads):
    first = step()
    time.sleep(0.3)  # a thousand times longer than they spin
    assert step() == first


def test_a_second_caller_computes_the_same_bits_alone(two_threads):
    expected = step()
    with runtime.current().pool._busy:  # as if another thread were in an op
        assert step() == expected


def test_many_callers_at_once(two_threads):
    expected = step()
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.extend(step() for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 20


def _in_child(pipe) -> None:
    pipe.send_bytes(step())
    pipe.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_computes_the_same_bits(two_threads):
    expected = step()
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(theirs,))
    child.start()
    assert ours.poll(60)
    assert ours.recv_bytes() == expected
    child.join()
    assert child.exitcode == 0


def test_another_choice_of_backend_ends_the_threads(two_threads):
    workers = [thread for thread in threading.enumerate() if thread.name == "engine-1"]
    assert len(workers) == 1
    engine.set_backend("cpu", threads=1)
    workers[0].join(10)
    assert not workers[0].is_alive()
