"""Answers of learners as CSV or JSON Lines."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client.learners.shapes import LearnerAnswer

_COLUMNS = ("seq", "at", "key", "answer", "outcome", "known_at", "loss")


def write(terminal: Terminal, path: Path, answers: Iterable[LearnerAnswer]) -> int:
    """Write answers to a new file, which appears complete or not at all, and return their number.

    Raises CommandError if the file exists or cannot be written.
    """
    if path.suffix not in (".csv", ".jsonl"):
        raise CommandError(
            terminal.text("export_suffix", file=path), terminal.text("export_suffix_next"), exit_code=USAGE
        )
    if path.exists():
        raise CommandError(terminal.text("export_exists", file=path), terminal.text("export_exists_next"))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            count = _write_csv(file, answers) if path.suffix == ".csv" else _write_lines(file, answers)
        draft.rename(path)
    except OSError as error:
        raise CommandError(
            terminal.text("export_failed", file=path, problem=error.strerror or ""), terminal.text("export_exists_next")
        ) from None
    finally:
        draft.unlink(missing_ok=True)
    return count


def _write_lines(file: TextIO, answers: Iterable[LearnerAnswer]) -> int:
    count = 0
    for each in answers:
        file.write(json.dumps(each.raw, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(file: TextIO, answers: Iterable[LearnerAnswer]) -> int:
    iterator: Iterator[LearnerAnswer] = iter(answers)
    first = next(iterator, None)
    writer = csv.writer(file)
    more = (
        [] if first is None or first.answer is None else [f"answer_{number}" for number in range(1, len(first.answer))]
    )
    writer.writerow([*_COLUMNS[:4], *more, *_COLUMNS[4:]])
    count = 0
    while first is not None:
        nothing: list[float | None] = [None] * (1 + len(more))
        said = nothing if first.answer is None else first.answer
        known = None if first.known_at is None else first.known_at.isoformat()
        writer.writerow([first.seq, first.at.isoformat(), first.key, *said, first.outcome, known, first.loss])
        count, first = count + 1, next(iterator, None)
    return count
