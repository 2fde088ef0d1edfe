"""Folder of pretrained weights as model hubs publish them: ``config.json`` and ``model.safetensors``.

An optional ``pretraining.json`` states where the weights were published, their licence, the data on which they were
trained, and the last day of that data.
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
from azuraforge.messages import Message
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.contract.sentences import joined, of_field

CONFIG, WEIGHTS, PRETRAINING = "config.json", "model.safetensors", "pretraining.json"
#: Maximum size of the weights in bytes; Chronos-Bolt base, the largest published model, has 205 million numbers.
MOST_BYTES = 4 << 30
_SHOWN = 3

Weights = dict[str, NDArray[np.float32]]
_ShapeT = TypeVar("_ShapeT", bound=BaseModel)


class BoltSizes(BaseModel):
    """Fields of ``chronos_config`` in ``config.json``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    context_length: int = Field(ge=1, le=1 << 16)
    prediction_length: int = Field(ge=1, le=1 << 12)
    input_patch_size: int = Field(ge=1, le=1 << 10)
    input_patch_stride: int = Field(ge=1, le=1 << 10)
    quantiles: tuple[float, ...] = Field(min_length=1, max_length=99)
    use_reg_token: bool = False


class BoltConfig(BaseModel):
    """Fields of ``config.json`` that the computation needs; the names are those of T5 in Hugging Face Transformers."""

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
    """Contents of a folder: sizes, weights by their published names, and the stated origin of the weights."""

    config: BoltConfig
    weights: Weights
    pretraining: Pretraining


def read_folder(folder: Path) -> PretrainedFolder:
    """Read and check a folder of weights. Raises InvalidInput if a file is missing or not valid."""
    again = Message("place the published files of a Chronos-Bolt model in {folder}", {"folder": str(folder)})
    config = _read(folder / CONFIG, BoltConfig, again)
    if "ChronosBoltModelForForecasting" not in config.architectures:
        raise InvalidInput(
            "the architecture in {name} is {found}, not ChronosBoltModelForForecasting",
            where="{place}",
            next_step="place the published files of a Chronos-Bolt model in {folder}",
            name=CONFIG,
            found=", ".join(config.architectures) or "–",
            place=str(folder / CONFIG),
            folder=str(folder),
        )
    _check_sizes(config, folder / CONFIG)
    path = folder / PRETRAINING
    fields = ", ".join(name for name in Pretraining.model_fields if name != "name")
    optional = Message(
        "correct or delete the optional file {path}; each of these fields must be text: {fields}",
        {"path": str(path), "fields": fields},
    )
    stated = _read(path, Pretraining, optional) if path.exists() else Pretraining()
    return PretrainedFolder(config, read_weights(folder / WEIGHTS), stated.model_copy(update={"name": folder.name}))


def read_weights(path: Path) -> Weights:
    """Return the tensors of a file as float32.

    Raises InvalidInput if the file cannot be read or is too large, or if a tensor is not floating point or has
    values that are not finite.
    """
    again = Message("copy {name} to {folder} again and compare its size", {"name": WEIGHTS, "folder": str(path.parent)})
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InvalidInput(
                "{path} has {size:,} bytes; the limit is {most:,}",
                where="{place}",
                next_step="use a smaller model",
                path=path.name,
                size=size,
                most=MOST_BYTES,
                place=str(path),
            )
        tensors, _ = load_safetensors(path)
    except OSError as error:
        raise _unopened(path, error, again) from error
    except EngineError as error:
        raise InvalidInput(
            "{path} is a folder" if path.is_dir() else "{path} is truncated or not a safetensors file",
            where="{place}",
            next_step="{step}",
            path=path.name,
            place=str(path),
            step=again,
        ) from error
    for name, values in tensors.items():
        if values.dtype not in (np.float32, np.float16, np.float64):
            raise InvalidInput(
                "the tensor {name} in {path} has the type {dtype}; floating-point numbers are required",
                where="{place}",
                next_step="convert the weights to float32",
                path=path.name,
                name=name,
                dtype=values.dtype.name,
                place=str(path),
            )
        if not np.isfinite(values).all():
            raise InvalidInput(
                "the tensor {name} in {path} has NaN or infinite values",
                where="{place}",
                next_step="{step}",
                step=again,
                path=path.name,
                name=name,
                place=str(path),
            )
    return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in tensors.items()}


def _check_sizes(config: BoltConfig, path: Path) -> None:
    sizes = config.chronos_config
    levels = sizes.quantiles
    if 0.5 not in levels or list(levels) != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] < 1:
        raise InvalidInput(
            "the quantiles in {path} must ascend between 0 and 1 and include 0.5; found: {levels}",
            where="{place}",
            next_step="place the {path} that was published with the weights in {folder}",
            path=path.name,
            folder=str(path.parent),
            levels=[f"{level:g}" for level in levels],
            place=str(path),
        )
    if sizes.input_patch_stride != sizes.input_patch_size:
        raise InvalidInput(
            "input_patch_stride ({stride}) and input_patch_size ({size}) differ in {path}",
            where="{place}",
            next_step="use a model without overlapping patches, such as a published Chronos-Bolt",
            path=path.name,
            stride=sizes.input_patch_stride,
            size=sizes.input_patch_size,
            place=str(path),
        )


def _read(path: Path, shape: type[_ShapeT], next_step: Message) -> _ShapeT:
    try:
        return shape.model_validate(json.loads(path.read_bytes()))
    except OSError as error:
        raise _unopened(path, error, next_step) from error
    except ValidationError as error:
        problem = joined(map(_sentence, error.errors(include_url=False)[:_SHOWN]))
        raise InvalidInput(
            "{path}: {problem}",
            where="{place}",
            next_step="{step}",
            path=path.name,
            problem=problem,
            place=str(path),
            step=next_step,
        ) from error
    except RecursionError as error:
        raise InvalidInput(
            "{path} is nested too deeply",
            where="{place}",
            next_step="{step}",
            path=path.name,
            place=str(path),
            step=next_step,
        ) from error
    except ValueError as error:  # JSON, or bytes that are not text
        is_json = isinstance(error, json.JSONDecodeError)
        raise InvalidInput(
            "{path} is not valid JSON: {reason} in line {line}" if is_json else "{path} is not valid JSON",
            where="{place}",
            next_step="{step}",
            path=path.name,
            place=str(path),
            step=next_step,
            reason=getattr(error, "msg", ""),
            line=getattr(error, "lineno", 0),
        ) from error


def _sentence(problem: ErrorDetails) -> Message:
    field = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return Message("{field} is missing", {"field": field})
    if problem["type"] == "extra_forbidden":
        return Message("{field} is not a field of this file", {"field": field})
    if not field:
        return Message("the file must contain a JSON object")
    values = {"field": field, "problem": of_field(problem), "found": f"{problem['input']!r:.80}"}
    return Message("{field}: {problem}, got {found}", values)


def _unopened(path: Path, error: OSError, next_step: Message) -> InvalidInput:
    if isinstance(error, PermissionError):
        next_step = Message("let the user account that runs the platform read the file")
    return InvalidInput(
        "{path} is missing" if isinstance(error, FileNotFoundError) else "{path} cannot be opened: {reason}",
        where="{place}",
        next_step="{step}",
        path=path.name,
        reason=error.strerror or str(error),
        place=str(path),
        step=next_step,
    )
