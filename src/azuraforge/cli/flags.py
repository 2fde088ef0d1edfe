"""Replacement of API options in messages by flags of the command: ``time_format`` becomes ``--time-format``."""

from __future__ import annotations

import re
from collections.abc import Collection

_OPTION = re.compile(r"\b(?:the )?option ([a-z_]+)(?:\[\d+\])?(?!\w|\.\w)")
#: Several options in one text: "the options time and target", "options height, width and channels".
_OPTIONS = re.compile(r"\b(?:the )?options ([a-z_]+(?:(?:, | and | or )[a-z_]+)+)(?!\w|\.\w)")
#: Options in a Turkish text: "time_format seçeneği", "height ve width seçeneklerini".
_TURKISH = re.compile(r"(?<![\w-])([a-z_]+(?:(?:, | ve | ya da )[a-z_]+)*)(?:\[\d+\])?(?= seçene[kğ])")
_NAME = re.compile(r"[a-z_]+")
_ASSIGNED = re.compile(r"(?<![\w-])([a-z_]+)=(?=\S)")
#: API options whose flag has another name.
_RENAMED = {"groups": "group", "columns": "group"}


def as_flags(text: str, flags: Collection[str]) -> str:
    """Return a message with the flags of a command in place of the options of the API.

    Args:
        text: the message, the place or the next step of an error.
        flags: flags of the command, such as ``--time-format``; options without such a flag stay unchanged.

    Example:
        >>> as_flags("leave the option time_format out, or set gaps=fill", ["--time-format", "--gaps"])
        'leave --time-format out, or set --gaps fill'
        >>> as_flags("time_format seçeneğini vermeyin", ["--time-format"])
        '--time-format seçeneğini vermeyin'
    """

    def flag(option: str) -> str | None:
        found = f"--{_RENAMED.get(option, option).replace('_', '-')}"
        return found if found in flags else None

    def flags_of(found: re.Match[str]) -> str:
        names = [each for each in _NAME.findall(found[1]) if each not in ("and", "or")]
        if any(flag(name) is None for name in names):
            return found[0]
        return _NAME.sub(lambda name: flag(name[0]) or name[0], found[1])

    text = _OPTIONS.sub(flags_of, text)
    text = _TURKISH.sub(lambda found: _NAME.sub(lambda name: flag(name[0]) or name[0], found[1]), text)
    text = _OPTION.sub(lambda found: flag(found[1]) or found[0], text)
    return _ASSIGNED.sub(lambda found: f"{own} " if (own := flag(found[1])) else found[0], text)
