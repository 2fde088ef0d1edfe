"""Helpers that join messages and write texts in every language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from azuraforge.errors import AzuraError, one_line
from azuraforge.messages import LANGUAGES, Message, fill, keyed, translated
from azuraforge.messages.validation import message_of
from azuraforge.plugins.contract.shape import Texts, text_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def joined(messages: Iterable[Message]) -> Message:
    """Return one message that joins ``messages`` with semicolons; an empty message if there are none.

    Example:
        >>> str(joined([Message("{count} rows", {"count": 2}), Message("no time column")]))
        '2 rows; no time column'
    """
    found = list(messages)
    return reduce(_both, found[1:], found[0]) if found else Message("")


def _both(first: Message, second: Message) -> Message:
    return Message("{first}; {second}", {"first": first, "second": second})


def of_field(problem: ErrorDetails) -> Message:
    """Return pydantic's message about a field; its first letter is lower case, because a field name precedes it."""
    message = message_of(problem)
    if message.template != "{problem}":
        return message
    text = str(message.values["problem"])
    return replace(message, values={"problem": text[:1].lower() + text[1:]})


def in_each_language(key: str, /, **values: object) -> Texts:
    """Return language code → text of a key of the message catalogue. Raises KeyError for an unknown key.

    Example:
        >>> in_each_language("left_out.not_started", detail="")["en"]
        'the time budget ended before it began'
    """
    return {language: keyed(key, language, **values) for language in LANGUAGES}


def texts_of(message: Message) -> Texts:
    """Return language code → text of a message. A message without values keeps its placeholders, for ``filled``.

    Example:
        >>> texts_of(Message("the platform was stopped"))["tr"]
        'platform durduruldu'
    """
    return {language: translated(message, language) for language in LANGUAGES}


def filled(texts: Texts, **values: Texts) -> Texts:
    """Return language code → text with the placeholders replaced by ``values`` in the same language.

    Example:
        >>> filled({"en": "left out: {why}", "tr": "atlandı: {why}"}, why={"en": "no rows", "tr": "satır yok"})["tr"]
        'atlandı: satır yok'
    """
    return {
        language: fill(text, **{name: text_of(value, language) for name, value in values.items()})
        for language, text in texts.items()
    }


def reason_of(error: BaseException) -> Texts:
    """Return language code → text of an error; errors of other libraries have the same text in every language.

    Example:
        >>> reason_of(ValueError("no rows"))["tr"]
        'ValueError: no rows'
    """
    if isinstance(error, AzuraError):
        return texts_of(error.as_message())
    return dict.fromkeys(LANGUAGES, one_line(error))
