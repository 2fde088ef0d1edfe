"""Element-wise ops: arithmetic with broadcasting, powers, limits and selection."""

from __future__ import annotations

import numpy as np

from azuraforge.engine.errors import EngineError
from azuraforge.engine.ops.registry import Array, Context, real, register, sum_to_shape

Gradients = tuple[Array | None, ...]


def _add(context: Context, a: Array, b: Array) -> Array:
    context.saved = (a.shape, b.shape)
    return np.asarray(a + b)


def _add_vjp(context: Context, gradient: Array) -> Gradients:
    a_shape, b_shape = context.saved
    return sum_to_shape(gradient, a_shape), sum_to_shape(gradient, b_shape)


def _sub(context: Context, a: Array, b: Array) -> Array:
    context.saved = (a.shape, b.shape)
    return np.asarray(a - b)


def _sub_vjp(context: Context, gradient: Array) -> Gradients:
    a_shape, b_shape = context.saved
    return sum_to_shape(gradient, a_shape), sum_to_shape(-gradient, b_shape)


def _mul(context: Context, a: Array, b: Array) -> Array:
    context.saved = (a, b)
    return np.asarray(a * b)


def _mul_vjp(context: Context, gradient: Array) -> Gradients:
    a, b = context.saved
    need_a, need_b = context.needs
    return (
        sum_to_shape(gradient * b, a.shape) if need_a else None,
        sum_to_shape(gradient * a, b.shape) if need_b else None,
    )


def _div(context: Context, a: Array, b: Array) -> Array:
    context.saved = (a, b)
    return np.asarray(a / b)


def _div_vjp(context: Context, gradient: Array) -> Gradients:
    a, b = context.saved
    need_a, need_b = context.needs
    return (
        sum_to_shape(gradient / b, a.shape) if need_a else None,
        sum_to_shape(-gradient * a / (b * b), b.shape) if need_b else None,
    )


def _pow(context: Context, a: Array, b: Array) -> Array:
    if a.dtype.kind != "f" and b.dtype.kind in "iu" and (b < 0).any():
        raise EngineError("pow: an integer tensor has no negative powers; use astype(np.float32) first")
    result = np.asarray(a**b)
    context.saved = (a, b, result)
    return result


def _pow_vjp(context: Context, gradient: Array) -> Gradients:
    a, b, result = context.saved
    need_a, need_b = context.needs
    grad_a = grad_b = None
    if need_a:
        # x**0 is constant, also at x = 0, for which the power rule would return 0 * inf.
        grad_a = sum_to_shape(gradient * np.where(b == 0, 0, b * a ** np.where(b == 0, 1, b - 1)), a.shape)
    if need_b:
        grad_b = sum_to_shape(gradient * np.where(a == 0, 0, result * np.log(np.where(a == 0, 1, a))), b.shape)
    return grad_a, grad_b


def _neg(context: Context, x: Array) -> Array:
    return np.asarray(-x)


def _neg_vjp(context: Context, gradient: Array) -> Gradients:
    return (-gradient,)


def _abs(context: Context, x: Array) -> Array:
    context.saved = x
    return np.asarray(np.abs(x))


def _abs_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * np.sign(context.saved),)


def _exp(context: Context, x: Array) -> Array:
    result = np.asarray(np.exp(real(x)))
    context.saved = result
    return result


def _exp_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * context.saved,)


def _log(context: Context, x: Array) -> Array:
    context.saved = x
    return np.asarray(np.log(real(x)))


def _log_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient / context.saved,)


def _sqrt(context: Context, x: Array) -> Array:
    result = np.asarray(np.sqrt(real(x)))
    context.saved = result
    return result


def _sqrt_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient / (2 * context.saved),)


def _clip(context: Context, x: Array, *, low: float | None, high: float | None) -> Array:
    if low is None and high is None:
        raise EngineError("clip needs low, high or both")
    if x.dtype.kind != "f" and not all(limit is None or float(limit).is_integer() for limit in (low, high)):
        x = real(x)
    if context.records:
        context.saved = (True if low is None else x >= low) & (True if high is None else x <= high)
    if low is not None:
        x = np.maximum(x, x.dtype.type(low))
    return np.asarray(x if high is None else np.minimum(x, x.dtype.type(high)))


def _clip_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient * context.saved,)


def _maximum(context: Context, a: Array, b: Array) -> Array:
    context.saved = (a, b)
    return np.asarray(np.maximum(a, b))


def _maximum_vjp(context: Context, gradient: Array) -> Gradients:
    a, b = context.saved
    # If both are equal, each gets half of the gradient, so that the sum stays one.
    share = (a > b) + 0.5 * (a == b)
    share = share.astype(gradient.dtype)
    return sum_to_shape(gradient * share, a.shape), sum_to_shape(gradient * (1 - share), b.shape)


def _minimum(context: Context, a: Array, b: Array) -> Array:
    context.saved = (a, b)
    return np.asarray(np.minimum(a, b))


def _minimum_vjp(context: Context, gradient: Array) -> Gradients:
    a, b = context.saved
    share = (a < b) + 0.5 * (a == b)
    share = share.astype(gradient.dtype)
    return sum_to_shape(gradient * share, a.shape), sum_to_shape(gradient * (1 - share), b.shape)


def _where(context: Context, condition: Array, a: Array, b: Array) -> Array:
    context.saved = (condition, a.shape, b.shape)
    return np.asarray(np.where(condition, a, b))


def _where_vjp(context: Context, gradient: Array) -> Gradients:
    condition, a_shape, b_shape = context.saved
    zero = gradient.dtype.type(0)
    return (
        None,
        sum_to_shape(np.where(condition, gradient, zero), a_shape),
        sum_to_shape(np.where(condition, zero, gradient), b_shape),
    )


def _astype(context: Context, x: Array, *, dtype: np.dtype[np.generic]) -> Array:
    return x.astype(dtype, copy=True)


def _astype_vjp(context: Context, gradient: Array) -> Gradients:
    return (gradient,)  # autograd brings each gradient back to its input's dtype


register("add", _add, _add_vjp)
register("sub", _sub, _sub_vjp)
register("mul", _mul, _mul_vjp)
register("div", _div, _div_vjp)
register("pow", _pow, _pow_vjp)
register("neg", _neg, _neg_vjp)
register("abs", _abs, _abs_vjp)
register("exp", _exp, _exp_vjp)
register("log", _log, _log_vjp)
register("sqrt", _sqrt, _sqrt_vjp)
register("clip", _clip, _clip_vjp)
register("maximum", _maximum, _maximum_vjp)
register("minimum", _minimum, _minimum_vjp)
register("where", _where, _where_vjp)
register("astype", _astype, _astype_vjp)
