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
    """A constant English template with its values: the part of a text that can be translated later.

    A value may itself be a message, for example the reason inside a sentence. The template may also be a key of the
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
    """Answers for entries that a catalogue does not have."""

    def gettext(self, message: str) -> str:
        raise KeyError(message)


@cache
def _catalogue(language: Code) -> GNUTranslations:
    """Return a compiled catalogue, which raises KeyError for an entry that it does not have."""
    with (FOLDER / f"{language}.mo").open("rb") as stream:
        catalogue = GNUTranslations(stream)
    catalogue.add_fallback(_Missing())
    return catalogue


def _text(key: str, language: Code) -> str | None:
    """Return the text of a key; None if the catalogue does not have it. The empty key holds the header, not a text."""
    try:
        return _catalogue(language).gettext(key) if key else None
    except KeyError:
        return None


def has(key: str, language: Code = "en") -> bool:
    """Return whether there is a text with this key."""
    return _text(key, language) is not None


def template(key: str, language: Code) -> str:
    """Return the template of a key. Raises KeyError if the catalogue does not have it."""
    if (text := _text(key, language)) is None:
        raise KeyError(key)
    return text


def keyed(key: str, language: Code, /, **values: object) -> str:
    """Return the text of a key in one language, filled in. Raises KeyError if the catalogue does not have it."""
    return fill_in(template(key, language), _in(language, values), _number(language))


def translated(message: Message, language: Code) -> str:
    """Return a message in ``language``; without a translation in English, which is counted.

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
    """Return whether a template has letters of its own: ``{place}`` has none, and needs no translation.

    Example:
        >>> has_words("{place}"), has_words("run {run}")
        (False, True)
    """
    return any(character.isalpha() for character in _PLACEHOLDER.sub("", text))


def _count(template: str) -> None:
    """Count a template without a translation, and report the first time."""
    with _lock:
        _missing[template] += 1
        reporters = list(_reporters) if _missing[template] == 1 else []
    for report in reporters:
        report(template)


def report_untranslated(report: Callable[[str], None]) -> None:
    """Call ``report`` once for each template without a translation, from now on and instead of an earlier one."""
    with _lock:
        _reporters[:] = [report]


def untranslated() -> Mapping[str, int]:
    """Return how often each template without a translation was asked for, since this process started."""
    with _lock:
        return dict(_missing)


def _in(language: Code, values: Mapping[str, object]) -> dict[str, object]:
    """Translate the values that are messages themselves."""
    return {
        name: translated(value, language) if isinstance(value, Message) else value for name, value in values.items()
    }


def _number(language: Code) -> Callable[[str], str] | None:
    return None if language == "en" else lambda text: separated(text, language)
