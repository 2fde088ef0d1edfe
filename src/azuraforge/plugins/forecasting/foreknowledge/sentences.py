"""The evidence against a column as the end of a sentence, by language."""

from __future__ import annotations

from azuraforge.messages import LANGUAGES, keyed
from azuraforge.messages.formats import percent_for_readers
from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge


def evidence(found: Foreknowledge) -> dict[str, str]:
    """Return the evidence that the column knows the future, by language.

    Example:
        >>> evidence(Foreknowledge("ahead", "later_target", 1, 0.997, 500))["en"]
        'it follows the target 1 row later (99 % explained, 500 rows examined)'
    """
    share = int(100 * found.share) / 100  # 99.7 % must not read as 100 %
    values = {"ahead": found.rows_ahead, "rows": found.rows, "other": found.other}
    return {
        language: keyed(
            f"foreknowledge.{found.kind}", language, share=percent_for_readers(share, language, 0), **values
        )
        for language in LANGUAGES
    }
