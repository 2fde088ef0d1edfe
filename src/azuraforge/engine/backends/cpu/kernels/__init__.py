"""Kernels, each a Python function that emits code."""

from azuraforge.engine.backends.cpu.kernels import (
    adam,
    attention,
    batch_norm,
    convolution,
    fork,
    gemm,
    gru,
    linear,
    lstm,
    pooled,
    recurrent,
    rowwise,
    single,
    winograd,
)

# In this order, since a kernel can call those before it.
DEFINITIONS = [
    *gemm.DEFINITIONS,
    *linear.DEFINITIONS,
    *recurrent.DEFINITIONS,
    *lstm.DEFINITIONS,
    *gru.DEFINITIONS,
    *single.DEFINITIONS,
    *adam.DEFINITIONS,
    *convolution.DEFINITIONS,
    *pooled.DEFINITIONS,
    *winograd.DEFINITIONS,
    *rowwise.DEFINITIONS,
    *batch_norm.DEFINITIONS,
    *attention.DEFINITIONS,
    *fork.DEFINITIONS,  # last: it knows all the others
]
