"""Text of the evidence that a column contains future values of the target, by language."""

from __future__ import annotations

from azuraforge.messages import LANGUAGES, keyed
from azuraforge.messages.formats import percent_for_readers
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge


def evidence(found: Foreknowledge) -> dict[str, str]:
    """Return the evidence that the column contains future values, as a text for each language code.

    Example:
        >>> evidence(Foreknowledge("ahead", "later_target", 1, 0.997, 500))["en"]
        'it follows the target of 1 row later (99 % explained, 500 rows examined)'
    """
    share = int(100 * found.share) / 100  # 99.7 % must not be shown as 100 %
    values = {"ahead": found.rows_ahead, "rows": found.rows, "other": found.other}
    return {
        language: keyed(
            f"foreknowledge.{found.kind}", language, share=percent_for_readers(share, language, 0), **values
        )
        for language in LANGUAGES
    }
