"""Description of the environment on which bit-for-bit reproducibility depends, and of the code version.

The launcher describes interpreter, NumPy, processor and package; ``kernels`` adds the engine's backend, instruction
set, threads and the kernels' hash.
"""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

import azuraforge
from azuraforge.strict_json import JsonObject

_PACKAGE = Path(azuraforge.__file__).parent
_GRADES = ("avx512f", "avx2", "avx", "sse4_2", "asimd")


@functools.cache
def describe_environment() -> JsonObject:
    """Return the Python and NumPy versions, system, processor and package hash of this process."""
    import numpy

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "package": package_hash(),
    }


@functools.cache
def code_version() -> str:
    """Return the package's version with the Git commit if this is a checkout, otherwise with the package's hash.

    Example:
        >>> code_version().startswith(azuraforge.__version__ + "+")
        True
    """
    commit = _commit(_PACKAGE.parents[1] / ".git")
    return f"{azuraforge.__version__}+{'g' + commit[:12] if commit else 'h' + package_hash()[:12]}"


@functools.cache
def package_hash() -> str:
    """Return the SHA-256 over the names and contents of the package's Python files."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_PACKAGE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def differences(recorded: Mapping[str, JsonValue] | None, present: Mapping[str, JsonValue]) -> list[str]:
    """Return the differences from a run's first environment, each as ``name old → new``; empty for a first attempt.

    Example:
        >>> differences({"threads": 2, "backend": "cpu"}, {"threads": 1, "backend": "cpu"})
        ['threads 2 → 1']
    """
    if recorded is None:
        return []
    names = [*recorded, *(name for name in present if name not in recorded)]
    pairs = [(name, recorded.get(name), present.get(name)) for name in names]
    return [f"{name} {_shown(old)} → {_shown(new)}" for name, old, new in pairs if old != new]


def processor() -> str:
    """Return the widest vector instruction set of this processor that NumPy and its libraries use.

    If it cannot be determined, return the machine type.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return next((grade for grade in _GRADES if grade in flags), platform.machine())


def _shown(value: JsonValue) -> str:
    return "none" if value in (None, "") else str(value)[:12]


def _commit(git: Path) -> str | None:
    """Return the commit of HEAD, read from Git's files without executing Git; None if it cannot be read."""
    try:
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head[5:]
        if (git / name).is_file():
            return (git / name).read_text(encoding="utf-8").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(" " + name)), None)
    except OSError:
        return None
