"""Libraries that the launcher imports once a child has needed them, so that later children start with them.

SciPy, pandas and statsmodels take a statistical forecaster more than a second to import and 110 MB, so a platform that
never fits one imports none of them. Importing them starts no thread as long as Arrow's allocator, which pandas loads,
has none (``ENVIRONMENT``), and Polars, which statsmodels recognises where it is installed, is left out. A probe shows
that first: a forked process imports them and counts its threads. Where it finds more than one, or dies, the launcher
imports nothing.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence

#: Libraries that the launcher imports, in this order, once an ended child had imported them.
SHARED = (
    "scipy.special",
    "scipy.optimize",
    "scipy.stats",
    "scipy.signal",
    "pandas",
    "statsmodels.tsa.seasonal",
    "statsmodels.api",
    "statsforecast.arima",
    "statsforecast.theta",
    "statsforecast.ces",
)
#: Variables of the launcher: Arrow's copy of jemalloc must not start a thread of its own.
ENVIRONMENT = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
_FITS, _DOES_NOT = 0, 1
_POLARS = "polars"


def loaded() -> list[str]:
    """Return the names of ``SHARED`` that this process has imported."""
    return [name for name in SHARED if name in sys.modules]


class SharedImports:
    """Importer in the launcher's process: one library at a time, while it is idle.

    Args:
        threads: counts the threads of the calling process.
    """

    def __init__(self, threads: Callable[[], int]) -> None:
        self._threads = threads
        self._asked: list[str] = []  # that no probe has imported yet
        self._probed: list[str] = []
        self._wanted: list[str] = []  # that a probe has imported
        self._probe: int | None = None
        self._refused = False

    @property
    def pending(self) -> bool:
        """True if ``advance`` has something to import."""
        return bool(self._wanted)

    def want(self, names: Sequence[str]) -> None:
        """Request libraries that a child has needed."""
        known = {*sys.modules, *self._asked, *self._probed, *self._wanted}
        self._asked += [name for name in SHARED if name in names and name not in known]

    def probe(self, leave: Callable[[], None]) -> int | None:
        """Fork a probe if one is due, and return its pid.

        Args:
            leave: called in the probe, which gives up what is the launcher's alone.
        """
        if self._refused or self._probe is not None or self._wanted or not self._asked:
            return None
        self._asked, self._probed = [], self._asked
        pid = os.fork()
        if pid == 0:
            code = _DOES_NOT
            try:
                leave()
                for name in self._probed:
                    _import(name)
                code = _FITS if self._threads() == 1 else _DOES_NOT
            finally:
                os._exit(code)
        self._probe = pid
        return pid

    def ended(self, pid: int, status: int) -> None:
        """Handle the end of a process, which may have been the probe."""
        if pid == self._probe:
            self._probe = None
            self._refused = os.waitstatus_to_exitcode(status) != _FITS
            self._wanted, self._probed = ([] if self._refused else self._probed), []

    def advance(self) -> None:
        """Import the next library."""
        _import(self._wanted.pop(0))
        if not self._wanted:
            gc.collect()
            gc.freeze()  # imported objects are never modified again, so their pages stay shared


def _import(name: str) -> None:
    """Import a library without Polars. If that fails, the child that needs it imports it."""
    without = _POLARS not in sys.modules
    if without:
        sys.modules[_POLARS] = None  # type: ignore[assignment]  # it cannot be imported
    try:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
            _let_statsmodels_know_polars()
    finally:
        if without:
            del sys.modules[_POLARS]


class _KnowsPolars(type):
    def __instancecheck__(cls, value: object) -> bool:
        polars = sys.modules.get(_POLARS)
        return polars is not None and isinstance(value, (polars.DataFrame, polars.Series))


class _PolarsData(metaclass=_KnowsPolars):
    """Types of Polars, for frames and series, once Polars is imported."""


def _let_statsmodels_know_polars() -> None:
    """Let statsmodels detect Polars: it checks once whether Polars can be imported, and later children must not miss
    it."""
    data = sys.modules.get("statsmodels.tools.data")
    if data is not None and getattr(data, "_POLARS_TYPES", None) == ():
        data._POLARS_TYPES = (_PolarsData,)  # type: ignore[attr-defined]
