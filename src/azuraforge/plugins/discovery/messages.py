"""Requests to the child processes that describe plugins and validate configs, and the responses to them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from azuraforge.plugins.discovery.loading import EntryPoint
from azuraforge.strict_json import JsonObject


class DescribeInput(BaseModel):
    """Request to describe plugins: installed ones by entry point, dropped-in ones by file."""

    entry_points: list[EntryPoint] = []
    files: list[Path] = []


class ValidateInput(BaseModel):
    """Request to validate the config, options or request of the plugin ``name``."""

    kind: str
    name: str
    plugins_folder: str | None = None
    config: JsonObject = {}


class Described(BaseModel):
    """Response to ``DescribeInput``: descriptions with the fields of ``PluginOut``, which the catalogue validates."""

    plugins: list[JsonObject]


class CheckedConfig(BaseModel):
    """Response to ``ValidateInput``: the canonical config and, for a pipeline, the name of its task kind."""

    config: JsonObject
    task: str | None = None
