"""Logs as JSON lines on stderr (or a file), one event each."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import structlog


def configure(level: str = "INFO", path: Path | None = None) -> None:
    """Send structured logs to ``path``, or to stderr where none is given."""
    stream = path.open("a", encoding="utf-8", buffering=1) if path else sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def logger(room: str) -> Any:
    """A logger whose lines carry the room's name."""
    return structlog.get_logger(room=room)
