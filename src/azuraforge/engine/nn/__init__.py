"""Layers, models and losses. They raise EngineError for arguments and inputs that do not fit."""

from azuraforge.engine.nn import functional, init
from azuraforge.engine.nn.activation import GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from azuraforge.engine.nn.attention import MultiheadAttention, TransformerEncoderLayer
from azuraforge.engine.nn.container import ModuleList, Residual, Sequential
from azuraforge.engine.nn.convolution import AvgPool1d, AvgPool2d, Conv1d, Conv2d, Flatten, MaxPool1d, MaxPool2d
from azuraforge.engine.nn.dropout import Dropout
from azuraforge.engine.nn.embedding import Embedding, EmbeddingBag
from azuraforge.engine.nn.linear import Linear
from azuraforge.engine.nn.module import Module, Parameter
from azuraforge.engine.nn.normalization import BatchNorm1d, BatchNorm2d, LayerNorm
from azuraforge.engine.nn.recurrent import GRU, LSTM

__all__ = [
    "GELU", "GRU", "LSTM", "AvgPool1d", "AvgPool2d", "BatchNorm1d", "BatchNorm2d", "Conv1d", "Conv2d", "Dropout",
    "Embedding", "EmbeddingBag", "Flatten", "LayerNorm", "LeakyReLU", "Linear", "MaxPool1d", "MaxPool2d", "Module",
    "ModuleList", "MultiheadAttention", "Parameter", "ReLU", "Residual", "Sequential", "SiLU", "Sigmoid", "Softmax",
    "Softplus", "Tanh", "TransformerEncoderLayer", "functional", "init",
]  # fmt: skip
