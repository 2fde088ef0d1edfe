"""Weights on disk, without anything that can run code."""

from azuraforge.engine.io.fingerprint import hash_tensors
from azuraforge.engine.io.weights import load_safetensors, save_safetensors

__all__ = ["hash_tensors", "load_safetensors", "save_safetensors"]
