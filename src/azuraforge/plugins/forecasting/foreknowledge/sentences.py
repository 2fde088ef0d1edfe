"""The evidence against a column as the end of a sentence, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping

from azuraforge.plugins.forecasting.foreknowledge.columns import Foreknowledge, Kind
from azuraforge.wording import fill

_EVIDENCE: Mapping[Kind, tuple[str, str]] = {
    "later_target": (
        "it follows the target of {ahead} [row|rows] later ({share} explained, {rows} rows examined)",
        "hedefin {ahead} satır sonraki değerini izliyor ({rows} satırda {share} açıklanıyor)",
    ),
    "average_ahead": (
        "it follows the mean of the next {ahead} targets ({share} explained, {rows} rows examined)",
        "hedefin sonraki {ahead} değerinin ortalamasını izliyor ({rows} satırda {share} açıklanıyor)",
    ),
    "centred_average": (
        "it follows an average of the target that reaches {ahead} [row|rows] ahead ({share} explained, {rows} rows"
        " examined)",
        "hedefin {ahead} satır ileriye uzanan ortalamasını izliyor ({rows} satırda {share} açıklanıyor)",
    ),
    "extreme_ahead": (
        "it follows the largest or smallest of the next {ahead} targets ({share} explained, {rows} rows examined)",
        "hedefin sonraki {ahead} değerinin en büyüğünü ya da en küçüğünü izliyor ({rows} satırda {share} açıklanıyor)",
    ),
    "change_ahead": (
        "it follows the target's change over the next {ahead} [row|rows] ({share} explained, {rows} rows examined)",
        "hedefin sonraki {ahead} satırdaki değişimini izliyor ({rows} satırda {share} açıklanıyor)",
    ),
    "period_value": (
        "it is constant for about {ahead} rows and holds a value of the target that is known at their end only"
        " ({share} explained)",
        "yaklaşık {ahead} satır boyunca sabit ve hedefin ancak bu sürenin sonunda bilinen bir değerini taşıyor"
        " ({share} açıklanıyor)",
    ),
    "interpolated": (
        "it runs straight between values of the target about {ahead} rows apart, so it points at the next one"
        " ({share} explained)",
        "hedefin yaklaşık {ahead} satır arayla alınan değerleri arasında düz gidiyor, yani sonrakini gösteriyor"
        " ({share} açıklanıyor)",
    ),
    "later_values": (
        "the target's next {ahead} values explain {share} of what its past does not ({rows} rows examined)",
        "geçmişin açıklamadığının {share} kadarını hedefin sonraki {ahead} değeri açıklıyor ({rows} satır incelendi)",
    ),
    "same_row_copy": (
        "it is the target of the same row under another name ({rows} rows examined)",
        "aynı satırdaki hedefin başka bir adla yazılmış hâli ({rows} satır incelendi)",
    ),
    "known_ahead_outcome": (
        "it is declared known ahead and explains {share} of what is new in the target of the same row",
        "önceden bilindiği söyleniyor ve aynı satırdaki hedefte yeni olanın {share} kadarını açıklıyor",
    ),
    "too_good": (
        "with the other columns, a linear reference forecasts {ahead} [row|rows] ahead with {share} less squared error"
        " than from the target's own past, and loses that without this one ({rows} forecasts); state 0 if its values"
        " are known with their row",
        "doğrusal bir karşılaştırma modeli, öteki sütunlarla {ahead} satır ilerisini hedefin kendi geçmişine göre"
        " {share} daha az karesel hatayla tahmin ediyor, bu sütun çıkınca bunu yitiriyor ({rows} tahmin); değerler"
        " satırıyla birlikte biliniyorsa 0 belirtin",
    ),
    "known_ahead_actual": (
        "it is declared known ahead and holds the same values as “{other}”, which is measured",
        "önceden bilindiği söyleniyor ama ölçülen “{other}” sütunuyla aynı değerleri taşıyor",
    ),
}


def evidence(found: Foreknowledge) -> dict[str, str]:
    """Return the evidence against the column, by language.

    Example:
        >>> evidence(Foreknowledge("ahead", "later_target", 1, 0.997, 500))["en"]
        'it follows the target of 1 row later (99 % explained, 500 rows examined)'
    """
    percent = int(100 * found.share)
    sentences = zip(("en", "tr"), _EVIDENCE[found.kind], (f"{percent} %", f"%{percent}"), strict=True)
    fields = {"ahead": found.rows_ahead, "rows": found.rows, "other": found.other}
    return {language: fill(sentence, **fields, share=share) for language, sentence, share in sentences}
