"""Every op of the registry, on every backend: gradients, equality with the reference, odd shapes and strides, NaN.

One property each, explored by Hypothesis: a sample here, ``full`` in ``make proof``. Ops are called as the tape calls
them, forward and vjp, so that gradients too arrive in any layout, unused outputs as ``None``, buffers offered or not.
"""

from __future__ import annotations

import inspect
import os

import numpy as np
import pytest
from drawing import Case, Draw, Input
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from op_cases import CASES

from azuraforge import engine
from azuraforge.engine import EngineError, Tensor, backends, nn, optim
from azuraforge.engine.nn import functional as F
from azuraforge.engine.ops.registry import OPS, Context, Op

NAMES = sorted(OPS)
REFUSALS = (EngineError, ValueError, IndexError, TypeError)  # the tape turns all of them into an EngineError
TOLERANCE = 3e-5  # float32 against float64, relative to the largest element of each array
LESS_EXACT = {"layer_norm": 1e-4, "batch_norm": 1e-4}
#: Outputs and gradients are sums of products of inputs: of absolute inputs they are the sums of the absolute terms.
SUMS = {"sum", "mean", "matmul", "linear", "conv2d", "avg_pool2d"}
#: Roundings of float32 that a sum may lose, in units of the sum of its absolute terms; seen are at most 0.5.
ROUNDINGS = 4 * 2.0**-24
#: Seeds of ``cancelling_bias`` whose gradient is less exact than TOLERANCE of 1e-2, or of itself.
CANCELLING = (40, 789, 973, 2337)
try:
    from azuraforge.engine.backends.cpu import compiler, runtime
    from azuraforge.engine.backends.cpu.threads import Pool

    compiler.initialize()
    SETS = {"avx512": ["avx512", "avx2", "portable"], "avx2": ["avx2", "portable"]}.get(
        compiler.host_target().name, ["portable"]
    )
except ImportError:
    SETS = []
THREADS = [1, 2] if (os.cpu_count() or 1) > 1 else [1]
KERNELS = [f"{name}-{threads}" for name in SETS for threads in THREADS]


def examples(sample: int, full: int):
    """Run a test with a few examples in the suite of every commit and with many in ``make proof``."""
    sizes = [pytest.param(sample, id="sample"), pytest.param(full, id="full", marks=pytest.mark.proof)]
    return pytest.mark.parametrize("count", sizes)


def explore(count, check, turn=None):
    """Hold ``check`` against ``count`` draws; another ``turn`` draws others, also where draws are always the same."""
    phases = (Phase.generate, Phase.shrink)

    @settings(max_examples=count, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data):
        check(data)

    (run if turn is None else seeded(turn)(run))()


def draw_case(name, draw):
    case = CASES[name](draw)
    note(f"{name}: {case}")
    return case


@pytest.fixture
def backend(request, kernel_cache):
    """The table of ops of the backend that the parameter names; shares of any size go to all its threads."""
    if request.param == "reference":
        yield dict(OPS)
        return
    name, threads = request.param.split("-")
    engine.set_backend("cpu", threads=int(threads), instruction_set=name, cache=kernel_cache)
    pool = runtime.current().pool
    share = pool.run
    pattern = inspect.signature(share)

    def share_any(*arguments, **named):
        bound = pattern.bind(*arguments, **named)
        bound.arguments["least"] = 1
        share(*bound.args, **bound.kwargs)

    # Without this, only sizes in the ten thousands would ever meet a second thread.
    pool.run = share_any
    yield dict(backends.active)
    engine.set_backend("reference")


def call(op: Op, case: Case, dtype, *, values=None, gradients=True):
    """Return outputs and the gradients wanted, or ``None`` where the op refuses its inputs."""
    inputs = case.arrays(dtype, values)
    before = [None if array is None else array.copy() for array in inputs]
    context = Context(tuple(case.needs if gradients else [False] * len(inputs)))
    with np.errstate(all="ignore"):
        try:
            outputs = op.forward(context, *inputs, **case.options(dtype))
        except REFUSALS:
            return None
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        results = [np.array(output) for output in outputs]
        if gradients:
            if case.offer:
                context.buffers = tuple(
                    None if array is None or array.dtype.kind != "f" else np.full(array.shape, np.nan, dtype)
                    for array in inputs
                )
            for array, needed, gradient in zip(inputs, case.needs, op.vjp(context, *case.mix(outputs)), strict=True):
                if needed:
                    assert array is not None
                    assert gradient is not None
                    assert gradient.shape == array.shape
                    results.append(np.array(gradient))
    for array, old in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(array, old, err_msg="an input was changed")
    return results


def assert_close(actual, case: Case, name: str) -> None:
    """Compare with the reference in float64; ill-conditioned inputs may lose what moving them by a rounding costs."""
    expected = call(OPS[name], case, np.float64)
    if actual is None or expected is None:
        assert actual is expected, "one backend refuses what the other takes"
        return
    moved = call(OPS[name], case, np.float64, values=case.moved_by_a_rounding())
    terms = call(OPS[name], case.of_absolute_values(), np.float64) if name in SUMS else None
    for index, (got, wanted, near) in enumerate(zip(actual, expected, moved, strict=True)):
        assert got.shape == wanted.shape
        finite = np.isfinite(wanted)
        np.testing.assert_array_equal(np.isfinite(got), finite, err_msg=f"array {index}")
        np.testing.assert_array_equal(got[~finite], wanted[~finite].astype(got.dtype), err_msg=f"array {index}")
        # Normalising two values cancels nearly all digits of their gradient: what is left of them is rounding.
        scale = max(np.abs(wanted[finite]).max(initial=0), 0.1 if name in LESS_EXACT else 1e-2)
        slack = np.abs(near[finite] - wanted[finite]).max(initial=0)
        allowed = LESS_EXACT.get(name, TOLERANCE) * scale + 20 * slack
        if terms is not None:  # terms that nearly cancel leave a sum that is no larger than their roundings
            allowed = np.maximum(allowed, ROUNDINGS * terms[index][finite])
        excess = np.abs(got[finite] - wanted[finite]) - allowed
        assert excess.max(initial=0) <= 0, f"array {index}: {excess.max():.3g} more than is allowed"


def cancelling_bias(seed: int) -> Case:
    """A convolution whose bias gets one gradient: the sum of 486 normal numbers, which nearly cancel in these seeds."""
    draw = np.random.default_rng(seed)
    inputs = [draw.normal(size=(3, 1, 9, 18)), draw.normal(size=(1, 1, 1, 1)), draw.normal(size=1)]
    options = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    return Case(
        [Input(one.astype(np.float32).astype(np.float64)) for one in inputs],
        options, [False, False, True], [True], "plain", False, seed,
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["reference", *KERNELS[:1]], indirect=True)
@pytest.mark.parametrize("seed", CANCELLING)
def test_a_sum_whose_terms_nearly_cancel_is_as_exact_as_its_terms_allow(backend, seed):
    case = cancelling_bias(seed)
    assert_close(call(backend["conv2d"], case, np.float32), case, "conv2d")


def test_a_sum_may_not_lose_more_than_the_roundings_of_its_terms():
    """A term of the bias's gradient that is left out, and one that is off by a thousandth, are found."""
    case = cancelling_bias(CANCELLING[0])
    output, gradient = call(OPS["conv2d"], case, np.float32)
    (mix,) = case.mix([output])
    for lost in (mix.flat[0], 1e-3 * np.abs(mix).max()):
        with pytest.raises(AssertionError, match="array 1"):
            assert_close([output, gradient - lost], case, "conv2d")


@examples(8, 250)
@pytest.mark.parametrize("name", NAMES)
def test_gradient_is_that_of_finite_differences(name, count):
    def check(data):
        case = draw_case(name, Draw(data, smooth=True))
        results = call(OPS[name], case, np.float64)
        if results is None:
            assert case.empty, "refused though nothing is empty"
            return
        outputs = results[: len(results) - sum(case.needs)]
        gradients = iter(results[len(outputs) :])
        mix = case.mix(outputs)

        def total(values):
            moved = call(OPS[name], case, np.float64, values=values, gradients=False)
            return sum(float((a * m).sum()) for a, m in zip(moved, mix, strict=True) if m is not None)

        size = sum(float(np.abs(a * m).sum()) for a, m in zip(outputs, mix, strict=True) if m is not None)
        for index, needed in enumerate(case.needs):
            if not needed:
                continue
            gradient = next(gradients)
            for seed in (1, 2):
                direction = np.random.default_rng(seed).normal(size=gradient.shape)
                direction /= max(np.sqrt((direction**2).sum()), 1e-30)
                values = [case.shifted(index, sign * 1e-6 * direction) for sign in (1, -1)]
                slope = (total(values[0]) - total(values[1])) / 2e-6
                expected = float((gradient * direction).sum())
                limit = 1e-6 * max(1.0, size, abs(slope))
                # The mean of nothing is 0 / 0, for a batch of targets that are all ignored too (as in PyTorch).
                undefined = case.empty or name == "cross_entropy"
                assert abs(slope - expected) <= limit or (np.isnan(slope) and undefined), f"input {index}"

    explore(count, check)


@examples(6, 200)
@pytest.mark.parametrize("name", NAMES)
def test_float32_is_float64_within_the_tolerance(name, count):
    def check(data):
        case = draw_case(name, Draw(data))
        assert_close(call(OPS[name], case, np.float32), case, name)

    explore(count, check)


@examples(6, 200)
@pytest.mark.parametrize("backend", KERNELS, indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_backend_equals_the_reference_and_itself(name, backend, count):
    op = backend[name]
    if op is OPS[name]:
        return  # the reference itself: nothing to compare

    def check(data):
        case = draw_case(name, Draw(data))
        first, second = (call(op, case, np.float32) for _ in range(2))
        assert_close(first, case, name)
        precise, reference = call(op, case, np.float64), call(OPS[name], case, np.float64)
        for a, b in zip(first or [], second or [], strict=True):
            assert a.tobytes() == b.tobytes(), "other bits on the second run"
        for a, b in zip(precise or [], reference or [], strict=True):
            assert a.tobytes() == b.tobytes(), "float64 is the reference's"

    explore(count, check)


@examples(6, 200)
@pytest.mark.parametrize("backend", ["reference", *KERNELS], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_nan_is_never_swallowed_and_infinity_goes_the_way_of_the_reference(name, backend, count, request):
    op = backend[name]
    if op is OPS[name] and request.node.callspec.params["backend"] != "reference":
        return

    def check(data):
        draw = Draw(data)
        case = draw_case(name, draw)
        places = [i for i, one in enumerate(case.inputs) if one is not None and one.values.size and one.real]
        if not places:
            return
        index = draw.pick(*places)
        position = tuple(int(draw.rng.integers(size)) for size in case.inputs[index].values.shape)

        def result(value, table):
            return call(table, case, np.float32, values=case.replaced(index, position, value), gradients=False)

        poisoned = result(np.nan, op)
        if poisoned is None:
            return
        probes = [one for value in (0.3, 0.7, -10.0, 10.0) if (one := result(value, op)) is not None]
        for number, output in enumerate(poisoned):
            constant = np.ones(output.shape, bool)
            for probe in probes:
                constant &= (probe[number] == probes[0][number]) & (probe[number] == output)
            assert (np.isnan(output) | constant).all(), f"output {number} depends on a NaN and does not say so"
        for value in (np.nan, np.inf, -np.inf):
            # The LSTM's gates share a division: a NaN in one of them reaches the cell sooner, and a gate that is shut
            # is not exactly 0, so that times infinity it is no NaN.
            shared = name == "lstm"
            wanted, got = result(value, OPS[name]), result(value, op)
            assert (wanted is None) == (got is None)
            for a, b in zip(got or [], wanted or [], strict=True):
                known = np.isnan(b) == np.isnan(value) if shared else np.ones(b.shape, bool)
                np.testing.assert_array_equal(np.isnan(a)[known], np.isnan(b)[known], err_msg=f"where {value} goes in")
                same = known | np.isnan(value)
                np.testing.assert_array_equal(np.where(np.isinf(a), a, 0)[same], np.where(np.isinf(b), b, 0)[same])

    explore(count, check)


def test_every_op_and_every_option_has_a_case():
    """A new op, or a new option of one, without a case fails this."""
    assert set(CASES) == set(OPS)
    for name in NAMES:
        seen = set()
        explore(5, lambda data, name=name, seen=seen: seen.update(CASES[name](Draw(data)).attributes))
        parameters = inspect.signature(OPS[name].forward).parameters.values()
        assert seen == {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}, name


@examples(6, 100)
@pytest.mark.parametrize("backend", KERNELS, indirect=True)
def test_adam_steps_as_the_reference_and_repeats_its_bits(backend, count):
    chosen = dict(backends.updates)
    assert set(chosen) == {"adam"}

    def check(data):
        draw = Draw(data)
        shapes = [draw.shape(0, 2) for _ in range(draw.pick(1, 2, 3))] + draw.pick([], [(701, 33)])
        starts = [draw.normal(*shape).astype(np.float32) for shape in shapes]
        steps = [[draw.normal(*shape).astype(np.float32) for shape in shapes] for _ in range(draw.pick(1, 3))]
        kind = draw.pick(optim.Adam, optim.AdamW)
        options = {"lr": draw.pick(1e-3, 0.1), "weight_decay": draw.pick(0.0, 0.25)}
        options["betas"] = draw.pick((0.9, 0.999), (0.0, 0.5))
        note(f"{kind.__name__} {options} {shapes}")

        def walk(updates):
            backends.updates.clear()
            backends.updates.update(updates)
            parameters = [nn.Parameter(start.copy()) for start in starts]
            optimizer = kind(parameters, **options)
            for gradients in steps:
                for parameter, gradient in zip(parameters, gradients, strict=True):
                    parameter.grad = gradient
                optimizer.step()
            return [parameter.numpy().copy() for parameter in parameters]

        first, second, expected = walk(chosen), walk(chosen), walk({})
        for a, b, c, start in zip(first, second, expected, starts, strict=True):
            assert a.tobytes() == b.tobytes(), "other bits on the second run"
            np.testing.assert_allclose(a - start, c - start, rtol=1e-4, atol=1e-6)

    explore(count, check)


@pytest.mark.parametrize("backend", ["reference", *KERNELS[:1]], indirect=True)
def test_columns_of_packed_records_are_as_good_as_any_array(backend):
    """Neither their strides nor their start are multiples of an element's size."""
    rng = np.random.default_rng(0)
    records = np.zeros((4, 6), np.dtype([("flag", "u1"), ("value", np.float32)]))
    records["value"] = rng.normal(size=(4, 6))
    weight = Tensor(rng.normal(size=(3, 6)).astype(np.float32), requires_grad=True)
    output = F.linear(Tensor(records["value"]), weight)
    gradient = np.zeros((4, 3), records.dtype)
    gradient["value"] = rng.normal(size=(4, 3))
    output.backward(gradient["value"])
    plain, direction = records["value"].copy(), gradient["value"].copy()
    np.testing.assert_allclose(output.numpy(), plain @ weight.numpy().T, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(weight.grad.numpy(), direction.T @ plain, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not SETS, reason="the cpu backend needs llvmlite")
def test_the_sweep_reaches_every_kernel(kernel_cache, monkeypatch):
    """A kernel that no case runs is not held against anything."""
    used: set[str] = set()

    def get(kernels, key):
        used.add(key)
        return dict.__getitem__(kernels, key)

    share = Pool.run

    def run(pool, name, *arguments):
        used.add(name)
        share(pool, name, *arguments)

    monkeypatch.setattr(compiler.Kernels, "__getitem__", get, raising=False)
    monkeypatch.setattr(Pool, "run", run)
    called_by_others = {"gemm", "transpose", "linear_panel", "pack_gates", "pool_prepare", "pool_serve", "pool_fork"}
    engine.set_backend("cpu", cache=kernel_cache)
    try:
        overrides = [name for name, op in backends.active.items() if op is not OPS[name]]
        for turn in range(60):
            # Convolution has a kernel for every few shapes; whatever else there is, is met soon.
            for name in overrides if turn < 6 else [name for name in overrides if "conv" in name]:
                op = backends.active[name]
                # A prediction has kernels of its own, which nothing that is recorded meets.
                explore(12, lambda data, name=name, op=op, turn=turn: call(op, CASES[name](Draw(data)), np.float32,
                                                                           gradients=turn % 2 == 0), turn)  # fmt: skip
            unused = set(runtime.current().kernels) - used - called_by_others
            if unused == {"adam"}:
                break
        assert unused == {"adam"}, "kernels that no case runs"
    finally:
        engine.set_backend("reference")
