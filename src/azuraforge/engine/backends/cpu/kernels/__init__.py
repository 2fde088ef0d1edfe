"""The kernels, each a Python function that emits code."""

from azuraforge.engine.backends.cpu.kernels import (
    adam,
    attention,
    batch_norm,
    convolution,
    fork,
    gemm,
    gru,
    lstm,
    pooled,
    recurrent,
    rowwise,
    winograd,
)

# In this order, since a kernel can call those before it.
DEFINITIONS = [
    *gemm.DEFINITIONS,
    *recurrent.DEFINITIONS,
    *lstm.DEFINITIONS,
    *gru.DEFINITIONS,
    *adam.DEFINITIONS,
    *convolution.DEFINITIONS,
    *pooled.DEFINITIONS,
    *winograd.DEFINITIONS,
    *rowwise.DEFINITIONS,
    *batch_norm.DEFINITIONS,
    *attention.DEFINITIONS,
    *fork.DEFINITIONS,  # last: it knows all the others
]
