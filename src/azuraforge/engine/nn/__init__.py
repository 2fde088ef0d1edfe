"""Layers, models and losses."""

from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.activation import GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from azuraforge.engine.nn.container import ModuleList, Sequential
from azuraforge.engine.nn.dropout import Dropout
from azuraforge.engine.nn.linear import Linear
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.nn.normalization import LayerNorm
from azuraforge.engine.nn.recurrent import LSTM

__all__ = [
    "GELU", "LSTM", "Dropout", "LayerNorm", "LeakyReLU", "Linear", "Module", "ModuleList", "Parameter", "ReLU",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh", "functional", "init",
]  # fmt: skip
