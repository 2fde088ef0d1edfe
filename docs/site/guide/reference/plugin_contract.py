"""Reference of the plugin contract, from its docstrings: what a plugin imports, subclasses and receives."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from azuraforge.plugins import contract
from guide.reference.docstrings import documented, function, text


def generate(_language: str) -> str:
    """Return a section for each module of the contract."""
    parts = []
    for found in pkgutil.iter_modules(contract.__path__):
        module = importlib.import_module(f"{contract.__name__}.{found.name}")
        parts += [f"## {found.name}", f"`{module.__name__}`", text(module.__doc__)]
        for name, each in vars(module).items():
            if name.startswith("_") or getattr(each, "__module__", "") != module.__name__:
                continue
            if inspect.isclass(each):
                parts += [f"### {name}", documented(each, 4, shown=f"{name}.")]
            elif inspect.isfunction(each):
                parts += [f"### {name}()", function(name, each)]
    return "\n\n".join(parts)
