"""Findings of reading a dataset, in both languages. Codes are stable; texts are for users."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from azuraforge import wording
from azuraforge.datasets.reading.finding_texts import INCUMBENT_FILES, PICTURES, Severity
from azuraforge.datasets.schemas import Finding
from azuraforge.plugins.contract.source import SourceFinding

_TEXTS: dict[str, tuple[Severity, str, str]] = {
    **INCUMBENT_FILES,
    **PICTURES,
    "encoding_assumed": (
        "info",
        "The file is not UTF-8; it was read as {encoding}.",
        "Dosya UTF-8 değil; {encoding} olarak okundu.",
    ),
    "file_changed": (
        "warning",
        "The file {name} has changed since it was read; its rows were read again.",
        "{name} dosyası okunduktan sonra değişmiş; satırları yeniden okundu.",
    ),
    "file_outside": (
        "warning",
        "{name} leads out of the folders that may be read; it was left out.",
        "{name} izin verilen klasörlerin dışına çıkıyor; okunmadı.",
    ),
    "rows_without_cursor": (
        "warning",
        "{count} [row has|rows have] no value in the cursor column {column} and [is|are] never read.",
        "{count} satırın {column} imleç sütununda değeri yok; bu satırlar hiç okunmaz.",
    ),
    "more_rows": (
        "info",
        "The query was read up to its limit of {count} [row|rows]; the next refresh goes on from there.",
        "Sorgu {count} satırlık sınırına kadar okundu; bir sonraki yenileme oradan sürer.",
    ),
    "decimal_comma": ("info", "Numbers have a decimal comma.", "Sayılarda ondalık virgül kullanılmış."),
    "day_first": (
        "info",
        "Dates are read day first ({format}).",
        "Tarihler gün önce gelecek biçimde okundu ({format}).",
    ),
    "timezone_assumed": (
        "info",
        "Times carry no zone; they were taken as UTC. Name the zone with the option timezone.",
        "Zamanlarda saat dilimi yok; UTC sayıldı. Dilimi timezone seçeneğiyle verin.",
    ),
    "offsets_vary": (
        "info",
        "Times carry the offsets {offsets} (daylight saving) and were converted to UTC. The option timezone makes"
        " calendar features follow local time.",
        "Zamanlar {offsets} farklarını taşıyor (yaz saati), UTC'ye çevrildi. timezone seçeneği takvim özelliklerini"
        " yerel saate bağlar.",
    ),
    "rows_above_header": (
        "info",
        "{count} [row was|rows were] left out above the header, which is row {row}.",
        "Başlığın (satır {row}) üstündeki {count} satır kullanılmadı.",
    ),
    "error_cells": (
        "warning",
        "{count} [cell holds an error|cells hold errors] such as #N/A (first {first}, in {columns}); read as missing.",
        "{count} hücrede #YOK gibi bir hata var (ilki {first}, sütun: {columns}); eksik değer sayıldı.",
    ),
    "formulas_unsaved": (
        "warning",
        "{count} [formula has|formulas have] no stored value (first {first}, in {columns}); read as missing. Open the"
        " workbook in a spreadsheet program and save it to store them.",
        "{count} formülün kayıtlı değeri yok (ilki {first}, sütun: {columns}); eksik değer sayıldı. Değerlerin"
        " kaydedilmesi için dosyayı bir hesap tablosu programında açıp kaydedin.",
    ),
    "merged_cells": (
        "info",
        "{count} merged [range spans|ranges span] several rows (first in row {row}). In columns of time, series and"
        " groups their value counts for each of the rows, elsewhere for the first only.",
        "{count} birleştirilmiş hücre birden çok satıra yayılıyor (ilki satır {row}). Değeri zaman, seri ve grup"
        " sütunlarında her satır için, diğerlerinde yalnızca ilk satır için geçerli.",
    ),
    "excel_serials": (
        "info",
        "The numbers in {column} were read as Excel's serial dates.",
        "{column} sütunundaki sayılar Excel seri tarihi olarak okundu.",
    ),
    "columns_ignored_text": (
        "info",
        "Not numeric, ignored: {columns}.",
        "Sayısal değil, kullanılmadı: {columns}.",
    ),
    "columns_ignored_constant": (
        "info",
        "The same value in every row, ignored: {columns}.",
        "Her satırda aynı değer, kullanılmadı: {columns}.",
    ),
    "columns_ignored_clock": (
        "info",
        "Only counts rows or time, ignored: {columns}.",
        "Yalnızca satırları ya da zamanı sayıyor, kullanılmadı: {columns}.",
    ),
    "columns_ignored_copy": (
        "warning",
        "An exact copy of the target, ignored: {columns}.",
        "Hedefin birebir kopyası, kullanılmadı: {columns}.",
    ),
    "column_knows_future": (
        "warning",
        "{column} seems to know the future of the target: {evidence}. When do its values become known? State it"
        " (available_after, such as {column}=1d), or leave the column out (exclude); until then no model that was"
        " trained with it is promoted automatically.",
        "{column} hedefin geleceğini biliyor gibi görünüyor: {evidence}. Değerleri ne zaman belli oluyor? Bunu"
        " belirtin (available_after, örneğin {column}=1d) ya da sütunu çıkarın (exclude); o zamana kadar onunla"
        " eğitilen hiçbir model kendiliğinden terfi etmez.",
    ),
    "availability_stated": (
        "info",
        "{column} becomes known {delay} after its row: in each row, models see its newest value that was known then.",
        "{column} değerleri satırından {delay} sonra belli oluyor: modeller her satırda o sırada bilinen son değeri"
        " görür.",
    ),
    "availability_stated_0": (
        "info",
        "{column} is stated to be known with its row.",
        "{column} değerlerinin kendi satırıyla birlikte bilindiği belirtildi.",
    ),
    "availability_stated_ahead": (
        "info",
        "{column} is stated to be known ahead; runs use its values at the rows to predict.",
        "{column} değerlerinin önceden bilindiği belirtildi; çalıştırmalar tahmin edilecek satırlardaki değerlerini"
        " kullanır.",
    ),
    "column_repeats_target": (
        "warning",
        "{column} repeats the target: {evidence}. It adds nothing; leave it out (exclude), and never declare it known"
        " ahead.",
        "{column} hedefi tekrarlıyor: {evidence}. Bir şey katmaz; çıkarın (exclude) ve önceden bilinen sütun olarak"
        " vermeyin.",
    ),
    "columns_ignored_missing": (
        "warning",
        "Too many values are missing, ignored: {columns}.",
        "Çok fazla değeri eksik, kullanılmadı: {columns}.",
    ),
    "values_replaced": (
        "info",
        "{count} [value of|values of] {column} [equals|equal] {values} and [was|were] taken as missing, as asked.",
        "{column} sütununda {values} olan {count} değer, istendiği gibi eksik sayıldı.",
    ),
    "suspicious_zeros": (
        "warning",
        "{count} [value of|values of] {column} [is|are] 0, far from all others; if [it means|they mean] missing, pass"
        " missing_values {column}=0. [It was|They were] kept.",
        "{column} sütununda {count} değer 0 ve diğerlerinden çok uzak; eksik anlamına geliyorsa"
        " missing_values {column}=0 verin. Oldukları gibi bırakıldı.",
    ),
    "rows_sorted": (
        "warning",
        "{count} [row stood|rows stood] out of order of time; the rows were sorted.",
        "{count} satır zaman sırasında değildi; satırlar sıralandı.",
    ),
    "duplicate_rows": (
        "warning",
        "{count} [row repeats|rows repeat] another row (same time, same values); one of each was kept.",
        "{count} satır bir başka satırın tekrarı (aynı zaman, aynı değerler); her birinden biri tutuldu.",
    ),
    "rows_repeated": (
        "info",
        "{count} [row was|rows were] there already with the same values, and [was|were] left out.",
        "{count} satır aynı değerlerle zaten vardı; eklenmedi.",
    ),
    "rows_before_start": (
        "info",
        "{count} [row lies|rows lie] before the start of the dataset ({start}) and [was|were] left out.",
        "{count} satır veri kümesinin başlangıcından ({start}) önce; eklenmedi.",
    ),
    "rows_revised": (
        "warning",
        "{count} [row changes|rows change] the past: at {time} {column} was {old} and is {new} now. Accepted as a"
        " revision, as the dataset's policy says.",
        "{count} satır geçmişi değiştiriyor: {time} anında {column} önce {old} iken şimdi {new}. Veri kümesinin kuralı"
        " gereği düzeltme olarak kabul edildi.",
    ),
    "columns_not_used": (
        "info",
        "Columns that the dataset does not use were left out: {columns}.",
        "Veri kümesinin kullanmadığı sütunlar alınmadı: {columns}.",
    ),
    "series_added": (
        "info",
        "{count} [series is|series are] new: {names}.",
        "{count} seri yeni: {names}.",
    ),
    "duplicate_times": (
        "warning",
        "{count} [time had several|times had several] rows with different values; reduced by duplicates={policy}, as"
        " asked.",
        "{count} zamanda farklı değerli birden çok satır vardı; istendiği gibi duplicates={policy} ile teke indirildi.",
    ),
    "target_filled": (
        "warning",
        "{count} [row has no value|rows have no value] of the target {column}. [It was|They were] kept without one:"
        " as an input the last known"
        " value stands in, but nothing is learned from them or judged by them.",
        "{count} satırda hedef {column} yok. Satırlar hedefsiz bırakıldı: girdi olarak bilinen son değer kullanılır,"
        " ama bunlardan bir şey öğrenilmez, bunlara göre değerlendirme yapılmaz.",
    ),
    "target_rows_dropped": (
        "warning",
        "{count} [row without|rows without] a value of the target {column} [was|were] dropped.",
        "Hedef {column} değeri olmayan {count} satır çıkarıldı.",
    ),
    "edge_rows_dropped": (
        "warning",
        "{count} [row at the start|rows at the start] or end, where the target {column} is not known, [was|were]"
        " dropped.",
        "Başta ya da sonda, hedef {column} bilinmeyen {count} satır çıkarıldı.",
    ),
    "feature_filled": (
        "warning",
        "{count} [missing value of|missing values of] {column} [carries|carry] the last known value forward.",
        "{column} sütununda {count} eksik değer, bilinen son değerle dolduruldu.",
    ),
    "leading_rows_dropped": (
        "warning",
        "{count} [row at the start was|rows at the start were] dropped: {columns} had no value yet.",
        "Baştaki {count} satır çıkarıldı: {columns} için henüz değer yoktu.",
    ),
    "gaps_filled": (
        "warning",
        "{count} [row is missing|rows are missing] in the rhythm of {frequency} (longest gap: {longest}). [It"
        " was|They were] added: features"
        " carry the last value forward; the target stays empty, so nothing is learned from [this row|these rows] or"
        " judged by"
        " them.",
        "{frequency} düzeninde {count} satır eksik (en uzun boşluk: {longest}). Satırlar eklendi: özellikler son değeri"
        " taşır; hedef boş kalır, bu satırlardan bir şey öğrenilmez, bunlara göre değerlendirme yapılmaz.",
    ),
    "gaps_kept": (
        "warning",
        "{count} [row is missing|rows are missing] in the rhythm of {frequency} (longest gap: {longest}); the gaps"
        " were kept, so the"
        " rows count as having no fixed distance.",
        "{frequency} düzeninde {count} satır eksik (en uzun boşluk: {longest}); boşluklar bırakıldı, satırlar sabit"
        " aralıksız sayılıyor.",
    ),
    "frequency_found": (
        "info",
        "One row every {frequency}; rows in a season: {season}.",
        "Her {frequency} için bir satır; bir mevsimdeki satır: {season}.",
    ),
    "trading_days": (
        "info",
        "One row per trading day ({season} days a week, holidays missing); rows are counted, not days.",
        "İşlem günü başına bir satır (haftada {season} gün, tatiller yok); günler değil satırlar sayılır.",
    ),
    "sessions": (
        "info",
        "Rows of daily sessions, about {season} a day; nights are not gaps.",
        "Günlük seanslar, günde yaklaşık {season} satır; geceler boşluk sayılmaz.",
    ),
    "irregular": (
        "warning",
        "Rows have no fixed distance (between {shortest} and {longest}); they are counted one after another. If the"
        " times are local with daylight saving, name the zone with the option timezone.",
        "Satırların sabit bir aralığı yok ({shortest} ile {longest} arası); art arda sayılırlar. Zamanlar yaz saatli"
        " yerel saatse dilimi timezone seçeneğiyle verin.",
    ),
    "several_series": (
        "info",
        "{count} series, told apart by {column}; each was looked through by itself.",
        "{column} sütununun ayırdığı {count} seri; her biri kendi içinde incelendi.",
    ),
    "groups_declared": (
        "info",
        "{count} [total is|totals are] forecast with the series and add up, by {columns}: {totals}.",
        "{columns} ile {count} toplam serilerle birlikte tahmin edilir ve birbirini tutar: {totals}.",
    ),
    "incumbent_read": (
        "info",
        "A present forecast in {column!r}, in {count} of {of} [row|rows]: models are compared with it and do not learn"
        " from it.",
        "{of} satırın {count} tanesinde {column!r} sütununda mevcut bir tahmin var: modeller onunla karşılaştırılır,"
        " ondan öğrenmez.",
    ),
    "series_left_out": (
        "warning",
        "{count} [series was left out|series were left out]: {series}. The first: {reason}.",
        "{count} seri dışarıda bırakıldı: {series}. İlki: {reason}.",
    ),
    "series_short": (
        "info",
        "{count} [series has|series have] fewer than {fewest} rows: {series}. Such a series is not evaluated; it is"
        " forecast by analogy with the others if the forecaster can do that.",
        "{count} serinin {fewest} satırdan azı var: {series}. Böyle seriler değerlendirilmez; tahminci"
        " yapabiliyorsa diğerlerine benzetilerek tahmin edilir.",
    ),
    "series_still": (
        "info",
        "The target never changes in {count} series: {series}. Runs neither learn nor evaluate such a series.",
        "{count} seride hedef hiç değişmiyor: {series}. Çalıştırmalar böyle serilerden öğrenmez ve onları"
        " değerlendirmez.",
    ),
}

CODES = tuple(_TEXTS)


def finding(code: str, *, count: int = 1, where: str = "", **values: object) -> Finding:
    """Return a finding by its code; a value may be ``{"en": …, "tr": …}``.

    Example:
        >>> finding("rows_sorted", count=3, where="line 7").text["en"]
        '3 rows stood out of order of time; the rows were sorted.'
    """
    severity, english, turkish = _TEXTS[code]
    fill: dict[str, object] = {"count": count, **values}

    def worded_in(language: str, sentence: str) -> str:
        return wording.fill(sentence, **{name: _worded(name, each, language) for name, each in fill.items()})

    text = {"en": worded_in("en", english), "tr": worded_in("tr", turkish)}
    return Finding(code=code, severity=severity, count=count, where=where, text=text)


def _worded(name: str, value: object, language: str) -> object:
    """Return a value formatted for the language; a row number stays as a spreadsheet shows it."""
    if isinstance(value, dict):
        return value[language]
    if isinstance(value, timedelta):
        return wording.duration_for_readers(value, language)
    if isinstance(value, int) and not isinstance(value, bool) and name != "row":
        return wording.count_for_readers(value, language)
    if isinstance(value, float):
        return f"{value:g}".replace(".", ",") if language == "tr" else f"{value:g}"
    return value


def remarks(found: Sequence[SourceFinding]) -> list[Finding]:
    """Return the remarks of a source as findings."""
    return [
        Finding(code=each.code, severity=each.severity, count=each.count, where=each.where, text=dict(each.text))
        for each in found
    ]
