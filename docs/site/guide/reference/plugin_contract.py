"""Reference of the plugin contract, from its docstrings: what a plugin imports, subclasses and receives."""

from __future__ import annotations

import importlib
import pkgutil

from azuraforge.plugins import contract
from guide.reference.tables import prose


def generate(_language: str) -> str:
    """Return a section for each module of the contract."""
    parts = []
    for found in pkgutil.iter_modules(contract.__path__):
        name = f"{contract.__name__}.{found.name}"
        summary = (importlib.import_module(name).__doc__ or "").strip()
        parts += [f"## {found.name}", f"`{name}`: {prose(summary)}"]
        parts.append(f"```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n   :no-index:\n```")
    return "\n\n".join(parts)
