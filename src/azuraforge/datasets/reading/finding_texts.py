"""Texts of findings about present forecasts and about pictures, in both languages; see ``findings``."""

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

PICTURES: dict[str, tuple[Severity, str, str]] = {
    "files_ignored": (
        "info",
        "{count} [file is no picture and was ignored|files are no pictures and were ignored], such as {files}.",
        "{count} dosya resim olmadığı için atlandı, örneğin {files}.",
    ),
    "pictures_unreadable": (
        "warning",
        "{count} [picture could not be read and was left out|pictures could not be read and were left out], such as"
        " {files}.",
        "{count} resim okunamadı ve dışarıda bırakıldı, örneğin {files}.",
    ),
    "pictures_resized": (
        "info",
        "{count} [picture of another size was|pictures of other sizes were] scaled to fit {height}×{width}; black"
        " fills what is left.",
        "Başka boyuttaki {count} resim {height}×{width} boyutuna sığdırıldı; kalan yer siyahla dolduruldu.",
    ),
    "pictures_repeated": (
        "warning",
        "{count} [picture is an exact copy of another|pictures are exact copies of others]. A copy that is learned"
        " from makes its twin too easy to judge.",
        "{count} resim başka resimlerin birebir kopyası. Öğrenilen bir kopya, eşinin ölçülmesini fazla kolaylaştırır.",
    ),
    "pictures_in_both_parts": (
        "warning",
        "{count} [test picture is also|test pictures are also] among those to learn from; a score on them means"
        " little.",
        "{count} test resmi öğrenme resimleri arasında da var; bunlardaki başarı pek bir şey söylemez.",
    ),
    "pictures_of_two_classes": (
        "warning",
        "{count} [picture stands under|pictures stand under] more than one class.",
        "{count} resim birden çok sınıfta yer alıyor.",
    ),
    "classes_small": (
        "warning",
        "{count} [class has|classes have] fewer than {least} pictures: {classes}.",
        "{count} sınıfta {least} resimden az var: {classes}.",
    ),
    "classes_uneven": (
        "warning",
        "The classes are uneven: {small!r} has {least} [picture|pictures], {large!r} has {most}. Accuracy alone"
        " would mislead.",
        "Sınıflar dengesiz: {small!r} {least} resim, {large!r} {most} resim içeriyor. Tek başına doğruluk yanıltır.",
    ),
    "official_split": (
        "info",
        "The data name their own test part: {train} [picture|pictures] to learn from, {test} to judge on.",
        "Verinin kendi test kümesi var: öğrenmek için {train}, ölçmek için {test} resim.",
    ),
    "classes_not_learned": (
        "warning",
        "{count} [class of the test part has|classes of the test part have] no picture to learn from: {classes}.",
        "Test kümesindeki {count} sınıfın öğrenilecek resmi yok: {classes}.",
    ),
    "classes_not_judged": (
        "warning",
        "{count} [class has|classes have] no picture in the test part: {classes}.",
        "{count} sınıfın test kümesinde resmi yok: {classes}.",
    ),
    "validation_joined": (
        "info",
        "{count} [picture of the validation folder|pictures of the validation folder] joined those to learn from;"
        " each run makes its own validation part.",
        "Doğrulama klasöründeki {count} resim öğrenme resimlerine katıldı; her çalıştırma kendi doğrulama kümesini"
        " ayırır.",
    ),
}
