"""Model folders: ``weights.safetensors``, and ``model.json`` with architecture, version and hash."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from azuraforge.engine.errors import EngineError
from azuraforge.engine.io.fingerprint import hash_tensors
from azuraforge.engine.io.weights import load_safetensors, save_safetensors, write_whole
from azuraforge.engine.nn.module import Module

FORMAT = "azuraforge.model/1"


def architecture(model: Module) -> dict[str, Any]:
    """Return a description of a module, its class and constructor arguments, as JSON values.

    >>> from azuraforge.engine import nn
    >>> architecture(nn.Linear(8, 1))
    {'type': 'Linear', 'in_features': 8, 'out_features': 1}

    Raises:
        EngineError: a constructor argument is not a JSON value.
    """
    kind = type(model)
    arguments, options = model._made_from
    described: dict[str, Any] = {"type": kind.__name__}
    signature = inspect.signature(kind.__init__)
    bound = signature.bind(model, *arguments, **options).arguments
    for name, value in list(bound.items())[1:]:
        if name != "generator":
            variadic = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            described[f"*{name}" if variadic else name] = _describe(value, f"{kind.__name__}({name}=…)")
    return described


def _describe(value: Any, where: str) -> Any:
    if isinstance(value, Module):
        return architecture(value)
    if isinstance(value, (list, tuple)):
        return [_describe(one, where) for one in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise EngineError(f"{where} is a {type(value).__name__}, which model.json cannot hold")


def build(described: Mapping[str, Any], classes: Mapping[str, type[Module]] | None = None) -> Module:
    """Return a new module from its description.

    Args:
        described: result of :func:`architecture`.
        classes: module classes by name, in addition to the layers of the engine; no other classes are allowed.

    Raises:
        EngineError: the class is unknown or does not take these arguments.
    """
    from azuraforge.engine import nn

    name = described.get("type")
    kind = (classes or {}).get(str(name)) or getattr(nn, str(name), None)
    if not isinstance(kind, type) or not issubclass(kind, Module):
        raise EngineError(f"unknown layer {name!r} in the architecture: pass classes={{{name!r}: …}} if it is yours")
    positional: list[Any] = []
    options: dict[str, Any] = {}
    for key, value in described.items():
        if key == "type":
            continue
        made = _rebuild(value, classes)
        if key.startswith("*"):
            positional.extend(made)
        else:
            options[key] = tuple(made) if isinstance(made, list) and not _has_modules(made) else made
    try:
        return kind(*positional, **options)
    except TypeError as error:
        raise EngineError(f"{name} cannot be made from the architecture: {error}") from error


def _rebuild(value: Any, classes: Mapping[str, type[Module]] | None) -> Any:
    if isinstance(value, dict):
        return build(value, classes)
    if isinstance(value, list):
        return [_rebuild(one, classes) for one in value]
    return value


def _has_modules(values: list[Any]) -> bool:
    return any(isinstance(one, Module) for one in values)


def save_model(folder: str | os.PathLike[str], model: Module, metadata: Mapping[str, str] | None = None) -> str:
    """Write ``weights.safetensors`` and ``model.json`` to ``folder``; return the hash of the weights.

    Raises:
        EngineError: a constructor argument of a module is not a JSON value; no file is written then.
        OSError: the disk is full or the folder cannot be written.
    """
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    digest = hash_tensors(state)
    description = {
        "format": FORMAT,
        "architecture": architecture(model),
        "parameters": model.parameter_count(),
        "sha256": digest,
        "metadata": dict(metadata or {}),
    }
    text = json.dumps(description, indent=2, ensure_ascii=False)
    save_safetensors(path / "weights.safetensors", state)
    write_whole(path / "model.json", text.encode())
    return digest


def load_model(
    folder: str | os.PathLike[str], classes: Mapping[str, type[Module]] | None = None
) -> tuple[Module, dict[str, str]]:
    """Read a folder written by :func:`save_model`; return the model, in evaluation mode, and the metadata.

    Args:
        folder: the folder.
        classes: own module classes by name.

    Raises:
        EngineError: a file is missing or damaged, the weights are not those of ``model.json``, hold NaN or
            belong to another architecture, or the format is newer than this engine.
    """
    path = Path(folder)
    try:
        description = json.loads((path / "model.json").read_bytes())
        found = description["format"]
        if found != FORMAT:
            raise EngineError(f"{str(path)!r} has format {found!r}, this engine reads {FORMAT!r}")
        model = build(description["architecture"], classes)
        digest, metadata = description["sha256"], description["metadata"]
    except EngineError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(f"{str(path / 'model.json')!r} is missing or damaged: {error!r}") from error
    tensors, _ = load_safetensors(path / "weights.safetensors", refuse_nan=True)
    if hash_tensors(tensors) != digest:
        raise EngineError(f"the weights in {str(path)!r} are not those that model.json describes")
    model.load_state_dict(tensors)
    return model.eval(), metadata
