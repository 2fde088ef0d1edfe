"""Texts for users: templates, their translations, and formats of numbers and dates in both languages.

    template.py    fills placeholders and chooses singular or plural
    catalogue.py   translations by language, compiled from ``locales/*/*.po``
    languages.py   supported languages, and the language of the current request
    formats.py     numbers, percentages, durations and times in each language

An error is a code, a constant English template and values (``azuraforge.errors``). It is stored in that form and
translated where it is shown. Longer texts, such as a verdict's reasons, have a key instead of a template.
"""

from azuraforge.messages.catalogue import Message, keyed, translated
from azuraforge.messages.languages import LANGUAGES, Code, current, negotiate, speaking
from azuraforge.messages.template import fill

__all__ = ["LANGUAGES", "Code", "Message", "current", "fill", "keyed", "negotiate", "speaking", "translated"]
