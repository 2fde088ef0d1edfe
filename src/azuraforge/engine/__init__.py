"""Small, self-contained training engine: tensors, reverse-mode autograd, layers, optimizers, weights on disk.

>>> from azuraforge import engine
>>> from azuraforge.engine import nn, optim
>>> _ = engine.manual_seed(0)
>>> layer = nn.Linear(2, 1)
>>> optimizer = optim.Adam(layer.parameters(), lr=0.1)
>>> loss = nn.functional.mse_loss(layer(engine.Tensor([[1.0, 2.0]])), engine.Tensor([[3.0]]))
>>> loss.backward()
>>> optimizer.step()

It imports only NumPy and safetensors, and no other package of the platform.
"""

from azuraforge.engine import data, io, nn, optim, training
from azuraforge.engine.autograd import detect_anomaly, is_recording, no_grad
from azuraforge.engine.backends import backend, backend_info, prepare_kernels, set_backend
from azuraforge.engine.errors import EngineError
from azuraforge.engine.nn.module import Parameter
from azuraforge.engine.random import default_generator, generator_state, manual_seed, restore_generator
from azuraforge.engine.summary import summary
from azuraforge.engine.tensor import Tensor

__all__ = [
    "EngineError", "Parameter", "Tensor", "backend", "backend_info", "data", "default_generator", "detect_anomaly",
    "generator_state", "io", "is_recording", "manual_seed", "nn", "no_grad", "optim", "prepare_kernels",
    "restore_generator", "set_backend", "summary", "training",
]  # fmt: skip
