"""Libraries that the launcher imports once a child has needed them, so that later children start with them.

Importing SciPy, pandas and statsmodels takes more than a second and 110 MB, so a platform without statistical
forecasters does not import them. Their import starts no thread if Arrow's allocator, which pandas loads, is configured
accordingly (``ENVIRONMENT``) and Polars, which statsmodels imports if it is installed, is hidden. A probe verifies this
first: a forked process imports the libraries and counts its threads. If it finds more than one thread or dies, the
launcher imports nothing.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence

#: Libraries that the launcher imports, in this order, if an ended child had imported them.
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
#: Environment variables of the launcher, which prevent Arrow's jemalloc from starting a thread.
ENVIRONMENT = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
_FITS, _DOES_NOT = 0, 1
_POLARS = "polars"


def loaded() -> list[str]:
    """Return the names of ``SHARED`` that this process has imported."""
    return [name for name in SHARED if name in sys.modules]


class SharedImports:
    """Importer of the libraries in ``SHARED`` into the launcher's process, one at a time while the launcher is idle.

    Args:
        threads: function that returns the number of threads of the calling process.
    """

    def __init__(self, threads: Callable[[], int]) -> None:
        self._threads = threads
        self._asked: list[str] = []  # not imported by a probe yet
        self._probed: list[str] = []
        self._wanted: list[str] = []  # imported by a probe without threads
        self._probe: int | None = None
        self._refused = False

    @property
    def pending(self) -> bool:
        """Return whether ``advance`` has a library to import."""
        return bool(self._wanted)

    def want(self, names: Sequence[str]) -> None:
        """Request the import of libraries that a child has used."""
        known = {*sys.modules, *self._asked, *self._probed, *self._wanted}
        self._asked += [name for name in SHARED if name in names and name not in known]

    def probe(self, leave: Callable[[], None]) -> int | None:
        """Fork a probe and return its pid; None if no probe is due.

        Args:
            leave: called in the probe to close the launcher's resources.
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
        """Process the end of a child; if it was the probe, evaluate its exit status."""
        if pid == self._probe:
            self._probe = None
            self._refused = os.waitstatus_to_exitcode(status) != _FITS
            self._wanted, self._probed = ([] if self._refused else self._probed), []

    def advance(self) -> None:
        """Import the next library."""
        _import(self._wanted.pop(0))
        if not self._wanted:
            gc.collect()
            gc.freeze()  # the collector ignores imported objects, so their pages stay shared


def _import(name: str) -> None:
    """Import a library while Polars is hidden. If that fails, children that need the library import it."""
    without = _POLARS not in sys.modules
    if without:
        sys.modules[_POLARS] = None  # type: ignore[assignment]  # makes its import fail
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
    """Stand-in for Polars' DataFrame and Series in ``isinstance`` checks; it never imports Polars."""


def _let_statsmodels_know_polars() -> None:
    """Make statsmodels recognise Polars data, although Polars was hidden when statsmodels checked for it."""
    data = sys.modules.get("statsmodels.tools.data")
    if data is not None and getattr(data, "_POLARS_TYPES", None) == ():
        data._POLARS_TYPES = (_PolarsData,)  # type: ignore[attr-defined]
