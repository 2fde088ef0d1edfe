"""Findings of reading a file of present forecasts, in both languages; see ``findings``."""

from __future__ import annotations

from typing import Literal

Severity = Literal["info", "warning", "error"]

INCUMBENT_FILES: dict[str, tuple[Severity, str, str]] = {
    "incumbent_file_read": (
        "info",
        "{count} present [forecast|forecasts] of {of} [time|times]: models are compared with [it|them] and do not learn"
        " from [it|them].",
        "{of} zaman için {count} mevcut tahmin var: modeller bunlarla karşılaştırılır, bunlardan öğrenmez.",
    ),
    "incumbent_missing": (
        "info",
        "{count} of {of} [row|rows] between the first and the last present forecast [has|have] none that was made"
        " before [it|them], the first at {first}. Comparisons leave [it|them] out.",
        "İlk ve son mevcut tahmin arasındaki {of} satırın {count} tanesinin önceden yapılmış bir tahmini yok, ilki"
        " {first}. Karşılaştırmalar bunları dışarıda bırakır.",
    ),
    "incumbent_no_row": (
        "warning",
        "{count} present [forecast is|forecasts are] of times that the dataset does not have, the first of {first}:"
        " [it does|they do] not count.",
        "{count} mevcut tahmin, veri kümesinde olmayan zamanlar için, ilki {first}: bunlar sayılmaz.",
    ),
    "incumbent_ahead": (
        "info",
        "{count} present [forecast is|forecasts are] of times after the last row: [it counts|they count] when these"
        " arrive.",
        "{count} mevcut tahmin son satırdan sonrası için: o satırlar gelince sayılır.",
    ),
    "incumbent_made_late": (
        "warning",
        "{count} present [forecast was|forecasts were] made at or after the time that [it is|they are] of, the first of"
        " {first}: [it does|they do] not count.",
        "{count} mevcut tahmin, ait olduğu zamanda ya da sonrasında yapılmış, ilki {first}: bunlar sayılmaz.",
    ),
    "incumbent_other_series": (
        "warning",
        "{count} present [forecast is|forecasts are] of series that the dataset does not have, such as {names!r}: [it"
        " was|they were] left out.",
        "{count} mevcut tahmin, veri kümesinde olmayan seriler için, örneğin {names!r}: bunlar alınmadı.",
    ),
    "incumbent_revised": (
        "warning",
        "{count} present [forecast|forecasts] changed afterwards, the first of {first}, made at {made_at}: {old} became"
        " {new}.",
        "{count} mevcut tahmin sonradan değişti, ilki {first} için, {made_at} anında yapılmış: {old} yerine {new}.",
    ),
}
