"""Logs as JSON lines on stderr or in a file, one event per line.

The module does not use structlog, because every process imports it: structlog also imports Rich and Pygments, 90
modules that only format output and took a tenth of the startup time.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

#: Size at which the log file is rotated, and the number of older files that are kept.
FILE_BYTES, OLDER_FILES = 20 * 1024 * 1024, 3

# Not registered with ``logging.getLogger``, so that log lines of libraries do not reach it.
_SINK = logging.Logger("azuraforge")


class _StandardError(logging.Handler):
    """Handler that writes to the current ``sys.stderr``, which tests and service managers replace."""

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr is not None:
            sys.stderr.write(f"{record.msg}\n")
            sys.stderr.flush()


def configure(level: str = "INFO", path: Path | None = None) -> None:
    """Write logs from ``level`` upwards to ``path``, rotated at 20 MiB, or to stderr if ``path`` is None.

    Raises KeyError if ``level`` is not a level of ``logging``, and OSError if the file cannot be opened.
    """
    handler: logging.Handler = _StandardError()
    if path is not None:
        handler = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8")
    handlers, _SINK.handlers = _SINK.handlers, [handler]
    _SINK.setLevel(logging.getLevelNamesMapping()[level.upper()])
    for each in handlers:
        each.close()


configure()


class Logger:
    """Logger of one package. A line has an event name and fields; values without a JSON form become their ``repr``."""

    def __init__(self, package: str) -> None:
        self._package = package

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, exc_info: BaseException | None = None, **fields: object) -> None:
        """Log an error; ``exc_info`` adds its traceback as ``exception``."""
        if exc_info is not None:
            fields["exception"] = "".join(traceback.format_exception(exc_info)).rstrip()
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, object]) -> None:
        if not _SINK.isEnabledFor(level):
            return
        name, at = logging.getLevelName(level).lower(), datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"package": self._package, **fields, "event": event, "level": name, "timestamp": at}
        # No arguments are passed, so a percent sign in the line is not interpreted.
        _SINK.log(level, json.dumps(line, default=repr))


def logger(package: str) -> Logger:
    """Return a logger whose lines name the package."""
    return Logger(package)
