"""Logs as JSON lines on stderr (or a file), one event each."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

#: A platform runs for years: its log is this file and three older ones.
FILE_BYTES, OLDER_FILES = 20 * 1024 * 1024, 3


def configure(level: str = "INFO", path: Path | None = None) -> None:
    """Send structured logs to ``path``, which is turned over at 20 MB, or to stderr where none is given."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_FileFactory(path) if path else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Rotating(RotatingFileHandler):
    """Closes its file when nobody writes to it any more."""

    def __del__(self) -> None:
        self.close()


class _FileFactory:
    """Gives every room one logger, which writes lines as they are."""

    def __init__(self, path: Path) -> None:
        handler = _Rotating(path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8")
        self._logger = logging.Logger("azuraforge")  # not among the registered ones: libraries' lines stay elsewhere
        self._logger.addHandler(handler)

    def __call__(self, *_: Any) -> logging.Logger:
        return self._logger


def logger(room: str) -> Any:
    """A logger whose lines carry the room's name."""
    return structlog.get_logger(room=room)
