"""Findings from reading a dataset: a stable code, a severity, and a text with the message key ``findings.CODE``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from azuraforge.datasets.schemas import Finding
from azuraforge.messages import LANGUAGES, Code, Message, keyed, translated
from azuraforge.messages.formats import count_for_readers, duration_for_readers, separated
from azuraforge.plugins.contract.source import SourceFinding

Severity = Literal["info", "warning", "error"]

_SEVERITIES: Mapping[str, Severity] = {
    "incumbent_file_read": "info",
    "incumbent_missing": "info",
    "incumbent_no_row": "warning",
    "incumbent_ahead": "info",
    "incumbent_made_late": "warning",
    "incumbent_other_series": "warning",
    "incumbent_revised": "warning",
    "files_ignored": "info",
    "images_unreadable": "warning",
    "images_resized": "info",
    "images_repeated": "warning",
    "images_in_both_parts": "warning",
    "images_of_two_classes": "warning",
    "classes_small": "warning",
    "classes_uneven": "warning",
    "official_split": "info",
    "classes_not_learned": "warning",
    "classes_not_judged": "warning",
    "validation_joined": "info",
    "encoding_assumed": "info",
    "file_changed": "warning",
    "file_outside": "warning",
    "rows_without_cursor": "warning",
    "more_rows": "info",
    "decimal_comma": "info",
    "day_first": "info",
    "timezone_assumed": "info",
    "offsets_vary": "info",
    "rows_above_header": "info",
    "error_cells": "warning",
    "formulas_unsaved": "warning",
    "merged_cells": "info",
    "excel_serials": "info",
    "columns_ignored_text": "info",
    "columns_ignored_constant": "info",
    "columns_ignored_clock": "info",
    "columns_ignored_copy": "warning",
    "column_knows_future": "warning",
    "availability_stated": "info",
    "availability_stated_0": "info",
    "availability_stated_ahead": "info",
    "column_repeats_target": "warning",
    "columns_ignored_missing": "warning",
    "values_replaced": "info",
    "suspicious_zeros": "warning",
    "rows_sorted": "warning",
    "duplicate_rows": "warning",
    "rows_repeated": "info",
    "rows_before_start": "info",
    "rows_revised": "warning",
    "columns_not_used": "info",
    "series_added": "info",
    "duplicate_times": "warning",
    "target_filled": "warning",
    "target_rows_dropped": "warning",
    "edge_rows_dropped": "warning",
    "feature_filled": "warning",
    "leading_rows_dropped": "warning",
    "gaps_filled": "warning",
    "gaps_kept": "warning",
    "frequency_found": "info",
    "trading_days": "info",
    "sessions": "info",
    "irregular": "warning",
    "several_series": "info",
    "groups_declared": "info",
    "incumbent_read": "info",
    "series_left_out": "warning",
    "series_short": "info",
    "series_still": "info",
}

CODES = tuple(_SEVERITIES)


def finding(code: str, *, count: int = 1, where: str | Message = "", **values: object) -> Finding:
    """Return the finding with this code, and ``values`` for its text. Raises KeyError if the code is unknown.

    A value may be a ``Message`` or a mapping ``{"en": …, "tr": …}``.

    Example:
        >>> finding("rows_sorted", count=3, where="line 7").text["en"]
        '3 rows were not in order of time; the rows were sorted.'
    """
    given: dict[str, object] = {"count": count, **values}
    text: dict[str, str] = {
        language: keyed(
            f"findings.{code}", language, **{name: _worded(name, each, language) for name, each in given.items()}
        )
        for language in LANGUAGES
    }
    return Finding(code=code, severity=_SEVERITIES[code], count=count, where=str(where), text=text)


def _worded(name: str, value: object, language: Code) -> object:
    """Return a value formatted for the language; a row number gets no separators, as in a spreadsheet."""
    if isinstance(value, dict):
        return value[language]
    if isinstance(value, Message):
        return translated(value, language)
    if isinstance(value, timedelta):
        return duration_for_readers(value, language)
    if isinstance(value, int) and not isinstance(value, bool) and name != "row":
        return count_for_readers(value, language)
    if isinstance(value, float):
        return separated(f"{value:g}", language)
    return value


def remarks(found: Sequence[SourceFinding]) -> list[Finding]:
    """Return the findings that a source reported."""
    return [
        Finding(code=each.code, severity=each.severity, count=each.count, where=each.where, text=dict(each.text))
        for each in found
    ]
