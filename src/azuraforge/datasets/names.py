"""Names of datasets."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from azuraforge.errors import InvalidInput

_NAME_LENGTH = 100
_ENDINGS = r"(\.(csv|tsv|txt|jsonl|ndjson|json|parquet|pq|xlsx|xlsm|gz|bz2|xz|zip))+$"
_TURKISH = str.maketrans("ıİşŞğĞçÇöÖüÜ", "iissggccoouu")


def dataset_name(text: str) -> str:
    """Return ``text`` as a dataset name: at most 100 lower-case ASCII letters, digits, ``-``, ``_`` and ``.``.

    Raises InvalidInput if no such character remains.

    Example:
        >>> dataset_name("İstanbul Hava 2024.csv")
        'istanbul-hava-2024.csv'
    """
    plain = unicodedata.normalize("NFKD", text.translate(_TURKISH)).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:_NAME_LENGTH].rstrip("-._")
    if not name:
        raise InvalidInput(
            "{name!r} cannot be the name of a dataset",
            where="option name",
            next_step="use letters, digits, '-', '_' and '.'",
            name=text,
        )
    return name


def stem(filename: str) -> str:
    """Return a file name without its known extensions: ``prices.csv.gz`` → ``prices``."""
    return re.sub(_ENDINGS, "", Path(filename).name, flags=re.IGNORECASE)
