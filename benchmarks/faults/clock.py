"""A wall clock that the storm can set: a small library, preloaded into the platform's processes."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")
#: Seconds: an hour forward, an hour back, ten days forward.
JUMPS = (3600.0, -3600.0, 864000.0)
_OFFSET = struct.Struct("=q")


class Clock:
    """The wall clock of the processes that were started with ``variables``; everybody else's stays as it is.

    Args:
        folder: place for the library and for the offset.
        name: of the offset's file; clocks of different names are set apart from each other.

    Attributes:
        problem: why there is no such clock here; empty if there is.
    """

    def __init__(self, folder: Path, name: str = "clock") -> None:
        self._library, self._file = folder / "clock.so", folder / f"{name}.offset"
        self._file.write_bytes(_OFFSET.pack(0))
        self.problem = "" if self._library.exists() else self._compile()

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment variables that a process needs; empty if there is no such clock."""
        if self.problem:
            return {}
        return {"LD_PRELOAD": str(self._library), "AZURAFORGE_STORM_CLOCK": str(self._file)}

    def set(self, seconds: float) -> None:
        """Set the clock to so many seconds after the machine's; before it where negative."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), _OFFSET.size) as shared:
            shared[:] = _OFFSET.pack(int(seconds * 1e9))  # one store of eight bytes: no process reads half of it

    def _compile(self) -> str:
        compiler = shutil.which("cc")
        if compiler is None:
            return "there is no C compiler (cc)"
        command = [compiler, "-shared", "-fPIC", "-O2", "-Wall", "-o", str(self._library), str(_SOURCE), "-ldl"]
        done = subprocess.run(command, capture_output=True, text=True)
        return f"the library does not compile: {done.stderr.strip()[:300]}" if done.returncode else ""
