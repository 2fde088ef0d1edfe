"""The steps in plain jax with a hand-written Adam, each under one ``jax.jit``: a process that answers on a pipe.

Each line of input is a question: ``{}`` for the names of the steps, ``{"step": name, "count": n}`` for the seconds
that n steps take.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any


def build() -> dict[str, Any]:
    """Return name → (loss of parameters and data, parameters, x, y)."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    rng = np.random.default_rng(0)

    def normal(*shape: int, scale: float = 1.0) -> Any:
        return jnp.asarray(rng.normal(size=shape).astype(np.float32) * scale)

    def dense(inputs: int, outputs: int) -> Any:
        return {"w": normal(inputs, outputs, scale=inputs**-0.5), "b": jnp.zeros(outputs)}

    def linear(layer: Any, x: Any) -> Any:
        return x @ layer["w"] + layer["b"]

    def cross_entropy(logits: Any, labels: Any) -> Any:
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()

    def lstm(p: Any, x: Any, y: Any) -> Any:
        gates_in = jnp.swapaxes(linear(p["in"], x), 0, 1)
        state = jnp.zeros((x.shape[0], 64))

        def step(carry: Any, now: Any) -> Any:
            h, c = carry
            i, f, g, o = jnp.split(now + h @ p["hidden"], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        (h, _), _ = jax.lax.scan(step, (state, state), gates_in)
        return ((linear(p["head"], h) - y) ** 2).mean()

    def mlp(p: Any, x: Any, y: Any) -> Any:
        for layer in p[:-1]:
            x = jax.nn.relu(linear(layer, x))
        return cross_entropy(linear(p[-1], x), y)

    def cnn(p: Any, x: Any, y: Any) -> Any:
        for layer in p[:2]:
            x = jax.lax.conv_general_dilated(
                x, layer["w"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            ) + layer["b"]  # fmt: skip
            x = jax.lax.reduce_window(jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return cross_entropy(linear(p[2], x.reshape(len(x), -1)), y)

    def normalise(layer: Any, x: Any) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * layer["w"] + layer["b"]

    def encoder(p: Any, x: Any, y: Any) -> Any:
        batch, time_steps, width = x.shape
        q, k, v = (
            one.reshape(batch, time_steps, 4, 16).transpose(0, 2, 1, 3) for one in jnp.split(linear(p["in"], x), 3, 2)
        )
        weights = jax.nn.softmax(q @ k.transpose(0, 1, 3, 2) / 4)
        seen = (weights @ v).transpose(0, 2, 1, 3).reshape(batch, time_steps, width)
        x = normalise(p["norm1"], x + linear(p["out"], seen))
        x = normalise(p["norm2"], x + linear(p["down"], jax.nn.relu(linear(p["up"], x))))
        return ((x - y) ** 2).mean()

    ones = {"w": jnp.ones(64), "b": jnp.zeros(64)}
    labels = jnp.asarray(rng.integers(0, 10, 64))
    filters = [{"w": normal(3, 3, a, b, scale=(9 * a) ** -0.5), "b": jnp.zeros(b)} for a, b in ((1, 16), (16, 32))]
    return {
        "lstm b32 t60 f8 h64": (
            lstm, {"in": dense(8, 256), "hidden": normal(64, 256, scale=0.125), "head": dense(64, 1)},
            normal(32, 60, 8), normal(32, 1)),
        "mlp 784-128-128-10 b64": (
            mlp, [dense(784, 128), dense(128, 128), dense(128, 10)], normal(64, 784), labels),
        "cnn 28x28 b64": (cnn, [*filters, dense(1568, 10)], normal(64, 28, 28, 1), labels),
        "encoder d64 h4 t60 b32": (
            encoder, {"in": dense(64, 192), "out": dense(64, 64), "up": dense(64, 256), "down": dense(256, 64),
                      "norm1": ones, "norm2": ones},
            normal(32, 60, 64), normal(32, 60, 64)),
    }  # fmt: skip


def compiled(loss: Any, parameters: Any, x: Any, y: Any) -> Any:
    """Return a function that runs ``count`` full steps and returns the seconds."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def step(parameters: Any, mean: Any, square: Any, number: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(parameters, x, y)
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        size, root = 1e-3 / (1 - 0.9**number), (1 - 0.999**number) ** -0.5
        moved = jax.tree.map(lambda p, m, s: p - size * m / (jnp.sqrt(s) * root + 1e-8), parameters, mean, square)
        return moved, mean, square, number + 1, value

    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, zeros, jnp.float32(1))

    def run(count: int) -> float:
        nonlocal state
        begin = time.perf_counter()
        for _ in range(count):
            *state, value = step(*state)
        value.block_until_ready()
        seconds = time.perf_counter() - begin
        assert bool(jnp.isfinite(value))
        return seconds

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    threads = parser.parse_args().threads
    if hasattr(os, "sched_setaffinity"):
        # XLA makes as many threads as it sees processors.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    cases, steps = build(), {}
    for line in sys.stdin:
        question = json.loads(line)
        answer: Any = list(cases)
        if question:
            name = question["step"]
            if name not in steps:
                steps[name] = compiled(*cases[name])
            answer = steps[name](question["count"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
