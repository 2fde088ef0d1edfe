"""Names of the columns in files of forecasts; ``azuraforge judge`` reads files by them."""

from __future__ import annotations

from collections.abc import Mapping

#: Columns of a CSV file, the same for every reader; ``series`` exists only for several series.
CSV_HEADINGS = (
    "series",
    "time",
    "value",
    "low",
    "high",
    "origin",
    "horizon",
    "interval",
    "unit",
    "time_zone",
    "target",
    "model",
    "version",
)
#: Columns of a workbook's first sheet behind the series, as keys of ``WORDS``.
SHEET_HEADINGS = (
    "time",
    "offset",
    "value",
    "low",
    "high",
    "origin",
    "horizon",
    "interval",
    "unit",
    "target",
    "model",
    "version",
)
#: key → (English, Turkish)
WORDS: Mapping[str, tuple[str, str]] = {
    "forecast": ("Forecast", "Tahmin"),
    "about": ("About", "Bilgi"),
    "series": ("Series", "Seri"),
    "time": ("Time ({zone})", "Zaman ({zone})"),
    "offset": ("Offset from UTC", "UTC farkı"),
    "value": ("Value", "Değer"),
    "low": ("Lower end", "Alt sınır"),
    "high": ("Upper end", "Üst sınır"),
    "unit": ("Unit", "Birim"),
    "interval": ("Interval", "Tahmin aralığı"),
    "target": ("Target", "Hedef"),
    "model": ("Model", "Model"),
    "version": ("Version", "Sürüm"),
    "zone": ("Time zone", "Saat dilimi"),
    "origin": ("Last known row", "Bilinen son satır"),
    "horizon": ("Rows ahead", "Kaç satır sonrası"),
    "made_at": ("Made at", "Oluşturma zamanı"),
    "id": ("Id in the ledger", "Defterdeki kimliği"),
}
