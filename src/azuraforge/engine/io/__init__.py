"""Weights and models on disk, without anything that can run code."""

from azuraforge.engine.io.fingerprint import hash_tensors
from azuraforge.engine.io.model import architecture, build, load_model, save_model
from azuraforge.engine.io.weights import load_safetensors, save_safetensors

__all__ = [
    "architecture", "build", "hash_tensors", "load_model", "load_safetensors", "save_model", "save_safetensors",
]  # fmt: skip
