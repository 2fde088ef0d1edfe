"""Translations, read from compiled gettext catalogues.

Errors are looked up by their English template, longer texts by a key that has an English and a Turkish entry. The
sources are ``locales/{en,tr}/PACKAGE.po``; ``make messages`` compiles them to one file per language.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from azuraforge.messages.formats import separated
from azuraforge.messages.languages import Code
from azuraforge.messages.template import fill_in

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")

FOLDER = Path(__file__).parent / "locales"

_missing: Counter[str] = Counter()
_lock = threading.Lock()
_reporters: list[Callable[[str], None]] = []


@dataclass(frozen=True)
class Message:
    """A constant English template with its values, which can be translated later.

    A value may itself be a message, for example a reason within a sentence. The template may also be a key of the
    catalogue, for example ``noun.dataset``.

    Example:
        >>> str(Message("{rows} [row|rows] of {dataset!r}", {"rows": 1, "dataset": "sales"}))
        "1 row of 'sales'"
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return translated(self, "en")


class _Missing(NullTranslations):
    """Fallback catalogue that raises KeyError, so that missing entries are noticed."""

    def gettext(self, message: str) -> str:
        raise KeyError(message)


@cache
def _catalogue(language: Code) -> GNUTranslations:
    """Load the compiled catalogue of a language. Its ``gettext`` raises KeyError for a missing entry."""
    with (FOLDER / f"{language}.mo").open("rb") as stream:
        catalogue = GNUTranslations(stream)
    catalogue.add_fallback(_Missing())
    return catalogue


def _text(key: str, language: Code) -> str | None:
    """Return the text of a key; None if the catalogue does not contain it, or for the empty key (the file header)."""
    try:
        return _catalogue(language).gettext(key) if key else None
    except KeyError:
        return None


def has(key: str, language: Code = "en") -> bool:
    """Return whether the catalogue of a language contains the key."""
    return _text(key, language) is not None


def template(key: str, language: Code) -> str:
    """Return the template of a key in a language. Raises KeyError if the catalogue does not contain it."""
    if (text := _text(key, language)) is None:
        raise KeyError(key)
    return text


def keyed(key: str, language: Code, /, **values: object) -> str:
    """Return the filled-in text of a key in a language. Raises KeyError if the catalogue does not contain it."""
    return fill_in(template(key, language), _in(language, values), _number(language))


def translated(message: Message, language: Code) -> str:
    """Return a message in ``language``. A message without a translation is returned in English and counted.

    Example:
        >>> translated(Message("{problem}", {"problem": "the disk is full"}), "tr")
        'the disk is full'
    """
    values = _in(language, message.values)
    if language == "en":
        return fill_in(_text(message.template, "en") or message.template, values)
    found = _text(message.template, language)
    if found is None:
        if has_words(message.template):
            _count(message.template)
        return fill_in(message.template, values)
    return fill_in(found, values, _number(language))


def has_words(text: str) -> bool:
    """Return whether a template contains letters outside its placeholders, so that it needs a translation.

    Example:
        >>> has_words("{place}"), has_words("run {run}")
        (False, True)
    """
    return any(character.isalpha() for character in _PLACEHOLDER.sub("", text))


def _count(template: str) -> None:
    """Count a template without a translation, and report it when it occurs for the first time."""
    with _lock:
        _missing[template] += 1
        reporters = list(_reporters) if _missing[template] == 1 else []
    for report in reporters:
        report(template)


def report_untranslated(report: Callable[[str], None]) -> None:
    """Register the function that is called once per template without a translation, replacing an earlier one."""
    with _lock:
        _reporters[:] = [report]


def untranslated() -> Mapping[str, int]:
    """Return how often each template without a translation was used since the start of this process."""
    with _lock:
        return dict(_missing)


def _in(language: Code, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values, with messages among them translated."""
    return {
        name: translated(value, language) if isinstance(value, Message) else value for name, value in values.items()
    }


def _number(language: Code) -> Callable[[str], str] | None:
    return None if language == "en" else lambda text: separated(text, language)
