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
from pydantic_core import ErrorDetails

from azuraforge.engine import EngineError
from azuraforge.engine.io import load_safetensors
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.pretraining import Pretraining

CONFIG, WEIGHTS, PRETRAINING = "config.json", "model.safetensors", "pretraining.json"
#: Size limit; Chronos-Bolt base, the largest published model, holds 205 million numbers.
MOST_BYTES = 4 << 30
_SHOWN = 3

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
    """The contents of a folder: sizes, weights by their published names, and statements about the pretraining."""

    config: BoltConfig
    weights: Weights
    pretraining: Pretraining


def read_folder(folder: Path) -> PretrainedFolder:
    """Read and check a folder. Raises InvalidInput that names the file, the problem, and what to do."""
    again = f"place {CONFIG} and {WEIGHTS} of a Chronos-Bolt model in {folder}, as they were published"
    config = _read(folder / CONFIG, BoltConfig, again)
    if "ChronosBoltModelForForecasting" not in config.architectures:
        named = ", ".join(config.architectures) or "none"
        raise InvalidInput(
            f"{CONFIG}: the architecture is {named}; forecasting.chronos_bolt reads ChronosBoltModelForForecasting",
            where=str(folder / CONFIG),
            next_step=f"place the files of a Chronos-Bolt model in {folder}",
        )
    _check_sizes(config, folder / CONFIG)
    path = folder / PRETRAINING
    fields = ", ".join(name for name in Pretraining.model_fields if name != "name")
    optional = f"correct {path}, or remove it: it is optional and holds {fields}, all of them text"
    stated = _read(path, Pretraining, optional) if path.exists() else Pretraining()
    return PretrainedFolder(config, read_weights(folder / WEIGHTS), stated.model_copy(update={"name": folder.name}))


def read_weights(path: Path) -> Weights:
    """Return the tensors of a file as float32. Raises InvalidInput for NaN, other types and files of too many bytes."""
    again = f"place {WEIGHTS} of the model in {path.parent} again, and compare its size with the published one"
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InvalidInput(
                f"{path.name} holds {size:,} bytes; at most {MOST_BYTES:,} are read",
                where=str(path),
                next_step="use a smaller model",
            )
        tensors, _ = load_safetensors(path)
    except OSError as error:
        raise _unopened(path, error, again) from error
    except EngineError as error:
        what = "is a folder" if path.is_dir() else "is truncated or is no safetensors file"
        raise InvalidInput(f"{path.name} {what}", where=str(path), next_step=again) from error
    for name, values in tensors.items():
        if values.dtype not in (np.float32, np.float16, np.float64):
            raise InvalidInput(
                f"{path.name}: the tensor {name} holds {values.dtype.name}, not floating-point numbers",
                where=str(path),
                next_step="convert the weights to float32",
            )
        if not np.isfinite(values).all():
            raise InvalidInput(
                f"{path.name}: the tensor {name} holds NaN or infinite numbers", where=str(path), next_step=again
            )
    return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in tensors.items()}


def _check_sizes(config: BoltConfig, path: Path) -> None:
    sizes = config.chronos_config
    levels = sizes.quantiles
    step = f"place the {CONFIG} that was published with the weights in {path.parent}"
    if 0.5 not in levels or list(levels) != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] < 1:
        shown = ", ".join(f"{level:g}" for level in levels)
        raise InvalidInput(
            f"{path.name}: the quantiles {shown} do not ascend between 0 and 1 with 0.5 among them",
            where=str(path),
            next_step=step,
        )
    if sizes.input_patch_stride != sizes.input_patch_size:
        raise InvalidInput(
            f"{path.name}: input_patch_stride {sizes.input_patch_stride} is not input_patch_size"
            f" {sizes.input_patch_size}; patches that overlap are not supported",
            where=str(path),
            next_step="use a model whose patches do not overlap, such as a published Chronos-Bolt",
        )


def _read(path: Path, shape: type[_ShapeT], next_step: str) -> _ShapeT:
    try:
        return shape.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise _unopened(path, error, next_step) from error
    except ValidationError as error:
        said = "; ".join(_sentence(each) for each in error.errors(include_url=False, include_context=False)[:_SHOWN])
        raise InvalidInput(f"{path.name}: {said}", where=str(path), next_step=next_step) from error
    except RecursionError as error:
        raise InvalidInput(f"{path.name} is nested too deeply", where=str(path), next_step=next_step) from error
    except ValueError as error:  # JSON, or bytes that are no text
        place = f": {error.msg} in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InvalidInput(f"{path.name} is not valid JSON{place}", where=str(path), next_step=next_step) from error


def _sentence(problem: ErrorDetails) -> str:
    field = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return f"{field} is missing"
    if problem["type"] == "extra_forbidden":
        return f"{field} is no field of this file"
    if not field:
        return "it does not hold a JSON object"
    return f"{field}: {problem['msg'][0].lower()}{problem['msg'][1:]}, got {problem['input']!r:.80}"


def _unopened(path: Path, error: OSError, next_step: str) -> InvalidInput:
    if isinstance(error, PermissionError):
        next_step = "let the user that the platform runs as read the file"
    what = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be opened: {error.strerror or error}"
    return InvalidInput(f"{path.name} {what}", where=str(path), next_step=next_step)
