"""A folder of pretrained weights, as model hubs publish them: ``config.json`` and ``model.safetensors``.

``pretraining.json`` may lie next to them and state what a hub's page states: where the weights come from, their
licence, what they were trained on, and until when that data reaches.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from azuraforge.engine.io import load_safetensors
from azuraforge.errors import InvalidInput, one_line
from azuraforge.plugins.contract.pretraining import Pretraining

CONFIG, WEIGHTS, PRETRAINING = "config.json", "model.safetensors", "pretraining.json"
#: Chronos-Bolt base, the largest that is published, holds 205 million numbers.
MOST_BYTES = 4 << 30

Weights = dict[str, NDArray[np.float32]]
_ShapeT = TypeVar("_ShapeT", bound=BaseModel)


class BoltSizes(BaseModel):
    """``chronos_config`` of a folder's ``config.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    context_length: int = Field(ge=1, le=1 << 16)
    prediction_length: int = Field(ge=1, le=1 << 12)
    input_patch_size: int = Field(ge=1, le=1 << 10)
    input_patch_stride: int = Field(ge=1, le=1 << 10)
    quantiles: tuple[float, ...] = Field(min_length=1, max_length=99)
    use_reg_token: bool = False


class BoltConfig(BaseModel):
    """The fields of ``config.json`` that the computation needs; names are those of Hugging Face's T5."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    architectures: tuple[str, ...] = ()
    d_model: int = Field(ge=1, le=1 << 13)
    d_kv: int = Field(ge=1, le=1 << 10)
    d_ff: int = Field(ge=1, le=1 << 15)
    num_heads: int = Field(ge=1, le=128)
    num_layers: int = Field(ge=1, le=100)
    num_decoder_layers: int = Field(ge=1, le=100)
    relative_attention_num_buckets: int = Field(default=32, ge=2, le=1 << 10)
    relative_attention_max_distance: int = Field(default=128, ge=2, le=1 << 14)
    layer_norm_epsilon: float = Field(default=1e-6, gt=0)
    feed_forward_proj: Literal["relu", "gated-gelu"] = "relu"
    dense_act_fn: Literal["relu", "gelu_new"] = "relu"
    decoder_start_token_id: int = Field(default=0, ge=0)
    chronos_config: BoltSizes


@dataclass(frozen=True)
class PretrainedFolder:
    """What a folder holds: sizes, weights by their published names, and what is stated of the pretraining."""

    config: BoltConfig
    weights: Weights
    pretraining: Pretraining


def read_folder(folder: Path) -> PretrainedFolder:
    """Read and check a folder. Raises InvalidInput that names the file and what to do."""
    config = _read(folder / CONFIG, BoltConfig)
    if "ChronosBoltModelForForecasting" not in config.architectures:
        named = ", ".join(config.architectures) or "none"
        raise InvalidInput(
            f"the architecture is {named}; forecasting.chronos_bolt reads ChronosBoltModelForForecasting",
            where=str(folder / CONFIG),
            next_step="place the files of a Chronos-Bolt model there",
        )
    _check_sizes(config, folder / CONFIG)
    path = folder / PRETRAINING
    stated = _read(path, Pretraining) if path.exists() else Pretraining()
    return PretrainedFolder(config, read_weights(folder / WEIGHTS), stated.model_copy(update={"name": folder.name}))


def read_weights(path: Path) -> Weights:
    """Return the tensors of a file as float32. Raises InvalidInput for NaN, other types and files of too many bytes."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if size > MOST_BYTES:
        raise InvalidInput(f"the file holds {size} bytes, at most {MOST_BYTES} are read", where=str(path))
    try:
        tensors, _ = load_safetensors(path, refuse_nan=True)
    except Exception as error:
        raise _unreadable(path, error) from error
    for name, values in tensors.items():
        if values.dtype not in (np.float32, np.float16, np.float64):
            raise InvalidInput(
                f"the tensor {name} holds {values.dtype.name}, not floating-point numbers of 16 or 32 bits",
                where=str(path),
                next_step="convert the weights to float32",
            )
    return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in tensors.items()}


def _check_sizes(config: BoltConfig, path: Path) -> None:
    sizes = config.chronos_config
    levels = sizes.quantiles
    if 0.5 not in levels or list(levels) != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] < 1:
        raise InvalidInput(f"the quantiles {levels} do not ascend between 0 and 1 with 0.5 among them", where=str(path))
    if sizes.input_patch_stride != sizes.input_patch_size:
        raise InvalidInput("patches that overlap are not supported", where=str(path))


def _read(path: Path, shape: type[_ShapeT]) -> _ShapeT:
    try:
        return shape.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InvalidInput:
    return InvalidInput(
        f"{path.name} cannot be read: {one_line(error)}",
        where=str(path),
        next_step=f"place {CONFIG} and {WEIGHTS} of a Chronos-Bolt model in {path.parent}",
    )
