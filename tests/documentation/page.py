"""The code blocks of a page, each with its language, its line, and why it is not run where it is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(`{3,})(.*)$")
_NOT_RUN = re.compile(r"<!-- not run: (.*\S) -->")
_COMMENT = re.compile(r"(^|\s)#.*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. ``line`` is that of its first line of code, counted from 1."""

    language: str
    line: int
    code: str
    not_run: str | None

    @property
    def without_comments(self) -> str:
        """The code without its comments, which each language of the page writes in its own words."""
        return "\n".join(line.rstrip() for line in _COMMENT.sub("", self.code).splitlines() if line.strip())


@dataclass(frozen=True)
class Page:
    """A page of the documentation; ``name`` is its path from the root of the repository."""

    name: str
    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, path: Path) -> Page:
        """Read a page. Raises ValueError for a fence that is never closed."""
        name = path.relative_to(ROOT).as_posix()
        return cls(name, tuple(_blocks(name, path.read_text(encoding="utf-8"))))


def _blocks(name: str, text: str) -> list[Block]:
    found: list[Block] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        first = number + 1
        try:
            last = next(each for each in range(first, len(lines)) if lines[each].rstrip() == opened[1])
        except StopIteration:
            raise ValueError(f"{name}:{first}: the block is never closed") from None
        reason = _NOT_RUN.fullmatch(lines[number - 1].strip()) if number else None
        code = "".join(f"{line}\n" for line in lines[first:last])
        found.append(Block(opened[2].strip(), first + 1, code, reason[1] if reason else None))
        number = last + 1
    return found
