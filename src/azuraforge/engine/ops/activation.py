"""Nonlinearities, and the softmax family. All are safe against overflow."""

from __future__ import annotations

import math

import numpy as np

from azuraforge.engine.ops import contracts
from azuraforge.engine.ops.registry import Array, Context, real, register

Gradients = tuple[Array | None, ...]
_SQRT_HALF = math.sqrt(0.5)
_DENSITY_AT_ZERO = 1 / math.sqrt(2 * math.pi)


def sigmoid_array(x: Array) -> Array:
    """Return ``1 / (1 + exp(-x))``, exact in both tails."""
    decay = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, decay) / (1 + decay), dtype=x.dtype)


def softplus_array(x: Array) -> Array:
    """Return ``log(1 + exp(x))`` without overflow."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), dtype=x.dtype)


def _relu(context: Context, x: Array) -> Array:
    result = np.maximum(x, x.dtype.type(0))
    context.saved = result
    return np.asarray(result)


def _relu_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * (context.saved > 0),)


def _leaky_relu(context: Context, x: Array, *, slope: float) -> Array:
    factor = np.where(x > 0, x.dtype.type(1), x.dtype.type(slope))
    context.saved = factor
    return np.asarray(x * factor)


def _leaky_relu_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * context.saved,)


def _tanh(context: Context, x: Array) -> Array:
    result = np.asarray(np.tanh(real(x)))
    context.saved = result
    return result


def _tanh_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * (1 - context.saved * context.saved),)


def _sigmoid(context: Context, x: Array) -> Array:
    result = sigmoid_array(real(x))
    context.saved = result
    return result


def _sigmoid_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * context.saved * (1 - context.saved),)


def _silu(context: Context, x: Array) -> Array:
    gate = sigmoid_array(x)
    context.saved = (x, gate)
    return np.asarray(x * gate)


def _silu_vjp(context: Context, gradient: Array) -> Gradients:
    x, gate = context.saved
    return (gradient * gate * (1 + x * (1 - gate)),)


def erf_array(x: Array) -> Array:
    """Return the error function: W. J. Cody's rational approximations (Math. Comp. 23, 1969), to 1e-15."""
    magnitude = np.abs(x.astype(np.float64))
    result = np.empty_like(magnitude)
    near = ~(magnitude > 0.46875)  # NaN takes this branch and stays NaN
    middle = (magnitude > 0.46875) & (magnitude <= 4)
    far = magnitude > 4
    small = magnitude[near]
    result[near] = small * _ratio(small * small, _ERF_NEAR)
    value = magnitude[middle]
    result[middle] = 1 - np.exp(-value * value) * _ratio(value, _ERF_MIDDLE)
    result[far] = 1  # erfc(4) = 1.5e-8 is corrected below
    value = np.minimum(magnitude[far], 30)
    inverse = 1 / (value * value)
    tail = (1 / math.sqrt(math.pi) - inverse * _ratio(inverse, _ERF_FAR)) / value
    result[far] -= np.exp(-value * value) * tail
    return np.asarray(np.copysign(result, x), dtype=x.dtype)


def _ratio(x: Array, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Array:
    above, below = (np.polyval(one, x) for one in coefficients)
    return np.asarray(above / below)


_ERF_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
_ERF_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_ERF_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip


def _gelu(context: Context, x: Array) -> Array:
    below = x.dtype.type(0.5) * (1 + erf_array(x * x.dtype.type(_SQRT_HALF)))
    context.saved = (x, below)
    return np.asarray(x * below)


def _gelu_vjp(context: Context, gradient: Array) -> Gradients:
    x, below = context.saved
    density = x.dtype.type(_DENSITY_AT_ZERO) * np.exp(x.dtype.type(-0.5) * x * x)
    return (gradient * (below + x * density),)


def _softplus(context: Context, x: Array) -> Array:
    context.saved = x
    return softplus_array(x)


def _softplus_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * sigmoid_array(context.saved),)


def softmax_array(x: Array, axis: int) -> Array:
    """Return softmax along ``axis``; a row of minus infinities (all masked) becomes zeros, not NaN."""
    top = x.max(axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(top == -np.inf, 0, top).astype(x.dtype)
    exponents = np.exp(x - top)
    total = exponents.sum(axis=axis, keepdims=True)
    return np.asarray(exponents / np.where(total == 0, 1, total), dtype=x.dtype)


def _softmax(context: Context, x: Array, *, axis: int) -> Array:
    result = softmax_array(x, axis)
    context.saved = (result, axis)
    return result


def _softmax_vjp(context: Context, gradient: Array) -> Gradients:
    result, axis = context.saved
    weighted = gradient * result
    return (weighted - result * weighted.sum(axis=axis, keepdims=True),)


def _log_softmax(context: Context, x: Array, *, axis: int) -> Array:
    shifted = x - x.max(axis=axis, keepdims=True)
    result = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    context.saved = (result, axis)
    return np.asarray(result)


def _log_softmax_vjp(context: Context, gradient: Array) -> Gradients:
    result, axis = context.saved
    return (gradient - np.exp(result) * gradient.sum(axis=axis, keepdims=True),)


register("relu", _relu, _relu_vjp)
register("leaky_relu", _leaky_relu, _leaky_relu_vjp, contracts.floats("leaky_relu"))
register("tanh", _tanh, _tanh_vjp)
register("sigmoid", _sigmoid, _sigmoid_vjp)
register("silu", _silu, _silu_vjp, contracts.floats("silu"))
register("gelu", _gelu, _gelu_vjp, contracts.floats("gelu"))
register("softplus", _softplus, _softplus_vjp, contracts.floats("softplus"))
register("softmax", _softmax, _softmax_vjp, contracts.along_axis("softmax"))
register("log_softmax", _log_softmax, _log_softmax_vjp, contracts.along_axis("log_softmax"))
