"""The gate's reasons as sentences, in English and Turkish."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azuraforge.models.gate.record import ReasonRecord, Sentences, Value
from azuraforge.wording import fill

#: code → (English, Turkish). Fields named ``*_share`` are fractions shown as percentages.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "beats_best_baseline": (
        "{a} beats the best baseline {b}: {measure} {change}, interval {low_end} to {high_end}.",
        "{a}, en iyi temel yöntem olan {b} karşısında daha iyi: {measure} {change}, "
        "güven aralığı {low_end} ile {high_end} arası.",
    ),
    "not_better_than_best_baseline": (
        "{a} does not beat the best baseline {b} by more than noise: {measure} {change}, "
        "interval {low_end} to {high_end}.",
        "{a}, en iyi temel yöntem olan {b} karşısında gürültüyü aşan bir üstünlük göstermiyor: "
        "{measure} {change}, güven aralığı {low_end} ile {high_end} arası.",
    ),
    "at_least_as_good_as_best_baseline": (
        "{a} is at least as good as the best baseline {b}: {measure} {change}.",
        "{a}, en iyi temel yöntem olan {b} kadar iyi ya da ondan iyi: {measure} {change}.",
    ),
    "worse_than_best_baseline": (
        "{a} is worse than the best baseline {b}: {measure} {change}.",
        "{a}, en iyi temel yöntem olan {b} karşısında daha kötü: {measure} {change}.",
    ),
    "beats_champion": (
        "{a} beats the champion {b} on {origins} {units_at} that neither learned from: "
        "{measure} {change}, interval {low_end} to {high_end}.",
        "{a}, ikisinin de öğrenmediği {origins} {units_at} şampiyon {b} karşısında daha iyi: "
        "{measure} {change}, güven aralığı {low_end} ile {high_end} arası.",
    ),
    "not_better_than_champion": (
        "{a} does not beat the champion {b} by more than noise on {origins} {units_at} that neither learned from: "
        "{measure} {change}, interval {low_end} to {high_end}.",
        "{a}, ikisinin de öğrenmediği {origins} {units_at} şampiyon {b} karşısında gürültüyü aşan bir "
        "üstünlük göstermiyor: {measure} {change}, "
        "güven aralığı {low_end} ile {high_end} arası.",
    ),
    "slice_worse": (
        "{a} is worse than {b} on the guarded slice “{slice}” by more than noise: {measure} {change}, "
        "interval {low_end} to {high_end}, allowed {allowed}.",
        "{a}, korunan “{slice}” diliminde {b} karşısında gürültüyü aşan ölçüde daha kötü: {measure} {change}, "
        "güven aralığı {low_end} ile {high_end} arası, izin verilen {allowed}.",
    ),
    "slice_unknown_blocks": (
        "Whether {a} is worse than {b} on the guarded slice “{slice}” is not known: it holds {origins} {units}, "
        "at least {needed} are needed. The model's policy wants to know.",
        "{a}, korunan “{slice}” diliminde {b} karşısında daha kötü mü, bilinmiyor: dilimde {origins} {units} var, "
        "en az {needed} gerekli. Modelin politikası bunun bilinmesini istiyor.",
    ),
    "slice_unknown_passes": (
        "Whether {a} is worse than {b} on the guarded slice “{slice}” is not known: it holds {origins} {units}, "
        "at least {needed} are needed. The model's policy lets that pass.",
        "{a}, korunan “{slice}” diliminde {b} karşısında daha kötü mü, bilinmiyor: dilimde {origins} {units} var, "
        "en az {needed} gerekli. Modelin politikası buna izin veriyor.",
    ),
    "slice_few_pieces_blocks": (
        "Whether {a} is worse than {b} on the guarded slice “{slice}” is not known: it holds {origins} {units} worth "
        "{worth} independent [one|ones], at least {needed} are needed. The model's policy wants to know.",
        "{a}, korunan “{slice}” diliminde {b} karşısında daha kötü mü, bilinmiyor: dilimdeki {origins} {units} "
        "yalnızca {worth} bağımsız gözlem değerinde, en az {needed} gerekli. Modelin politikası bunun bilinmesini "
        "istiyor.",
    ),
    "slice_few_pieces_passes": (
        "Whether {a} is worse than {b} on the guarded slice “{slice}” is not known: it holds {origins} {units} worth "
        "{worth} independent [one|ones], at least {needed} are needed. The model's policy lets that pass.",
        "{a}, korunan “{slice}” diliminde {b} karşısında daha kötü mü, bilinmiyor: dilimdeki {origins} {units} "
        "yalnızca {worth} bağımsız gözlem değerinde, en az {needed} gerekli. Modelin politikası buna izin veriyor.",
    ),
    "too_few_origins": (
        "Only {origins} {units} can be compared, at least {needed} are needed: no promotion by comparison.",
        "Yalnızca {origins} {units} karşılaştırılabiliyor, en az {needed} gerekli: karşılaştırmayla terfi olmaz.",
    ),
    "too_few_origins_without_champion": (
        "Only {origins} {units} can be judged, at least {needed} are needed to tell {a} from the best baseline {b}; "
        "as there is no champion, the best baseline takes the title.",
        "Yalnızca {origins} {units} değerlendirilebiliyor, {a} ile en iyi temel yöntem {b} arasındaki farkı "
        "görmek için en az {needed} gerekli; şampiyon olmadığı için unvanı en iyi temel yöntem alıyor.",
    ),
    "too_few_pieces": (
        "Whether {a} is better than the champion {b} is not yet known: {origins} {units} that neither learned from "
        "remember each other so long that they are worth {worth} independent [one|ones], at least {needed} are needed. "
        "No promotion by comparison.",
        "{a}, şampiyon {b} karşısında daha iyi mi, henüz bilinmiyor: ikisinin de öğrenmediği {origins} {units} "
        "birbirini o kadar uzun hatırlıyor ki yalnızca {worth} bağımsız gözlem değerinde, en az {needed} gerekli. "
        "Karşılaştırmayla terfi olmaz.",
    ),
    "too_few_pieces_without_champion": (
        "Whether {a} is better than the best baseline {b} is not yet known: {origins} {units} remember each other so "
        "long that they are worth {worth} independent [one|ones], at least {needed} are needed; as there is no "
        "champion, the best baseline takes the title.",
        "{a}, en iyi temel yöntem {b} karşısında daha iyi mi, henüz bilinmiyor: {origins} {units} birbirini o kadar "
        "uzun hatırlıyor ki yalnızca {worth} bağımsız gözlem değerinde, en az {needed} gerekli; şampiyon olmadığı "
        "için unvanı en iyi temel yöntem alıyor.",
    ),
    "too_wide": (
        "Whether {a} is better than the champion {b} is not yet known: {measure} {change}, but {origins} {units} that "
        "neither learned from, worth {worth} independent [one|ones], are too few to bound the difference at a "
        "confidence level of {level_share}.",
        "{a}, şampiyon {b} karşısında daha iyi mi, henüz bilinmiyor: {measure} {change}, ancak ikisinin de öğrenmediği "
        "ve {worth} bağımsız gözlem değerindeki {origins} {units}, {level_share} güven düzeyinde farkı sınırlamaya "
        "yetmiyor.",
    ),
    "too_wide_without_champion": (
        "Whether {a} is better than the best baseline {b} is not yet known: {measure} {change}, but {origins} {units}, "
        "worth {worth} independent [one|ones], are too few to bound the difference at a confidence level of "
        "{level_share}; as there is no champion, the best baseline takes the title.",
        "{a}, en iyi temel yöntem {b} karşısında daha iyi mi, henüz bilinmiyor: {measure} {change}, ancak {worth} "
        "bağımsız gözlem değerindeki {origins} {units}, {level_share} güven düzeyinde farkı sınırlamaya yetmiyor; "
        "şampiyon olmadığı için unvanı en iyi temel yöntem alıyor.",
    ),
    "other_target": (
        "The champion predicts another target ({champion}) than the candidate ({candidate}).",
        "Şampiyonun hedefi ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "other_unit": (
        "The champion's unit ({champion}) is not the candidate's ({candidate}).",
        "Şampiyonun birimi ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "other_horizon": (
        "The champion predicts {champion} [row|rows] ahead, the candidate {candidate}.",
        "Şampiyon {champion}, aday {candidate} satır ileriyi tahmin ediyor.",
    ),
    "other_kind": (
        "The champion learned another kind of data ({champion}) than the candidate ({candidate}).",
        "Şampiyonun öğrendiği veri türü ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "other_classes": (
        "The champion knows other classes ({champion}) than the candidate ({candidate}).",
        "Şampiyonun sınıfları ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "other_size": (
        "The champion's images are {champion}, the candidate's {candidate} pixels.",
        "Şampiyonun görüntüleri {champion}, adayınkiler {candidate} piksel.",
    ),
    "other_frequency": (
        "The distance between the champion's rows ({champion}) is not the candidate's ({candidate}).",
        "Şampiyonun satır aralığı ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "champion_unreadable": (
        "The champion could not be judged on this test part: {problem}",
        "Şampiyon bu test parçasında değerlendirilemedi: {problem}",
    ),
    "lineage_unknown": (
        "Which rows the champion learned from is not known, so none can judge it fairly; a person may promote by hand.",
        "Şampiyonun hangi satırlardan öğrendiği bilinmiyor, bu yüzden hiçbiri onu adil biçimde değerlendiremez; "
        "bir kişi elle terfi ettirebilir.",
    ),
    "no_common_series": (
        "The champion learned none of the {count} series of this test part; a person may promote by hand.",
        "Şampiyon bu test parçasındaki {count} serinin hiçbirini öğrenmemiş; bir kişi elle terfi ettirebilir.",
    ),
    "series_not_compared": (
        "The champion did not learn {count} of the {of} series ({series}); it is compared on the others.",
        "Şampiyon {of} serinin {count} tanesini öğrenmemiş ({series}); karşılaştırma öbür serilerde yapıldı.",
    ),
    "champion_changed": (
        "While this run was judged, version {present} became champion instead of {judged}.",
        "Bu çalıştırma değerlendirilirken {judged} yerine {present} sürümü şampiyon oldu.",
    ),
    "level_tightened": (
        "The confidence level is {level_share} instead of {asked_share}: this is look number {looks} at rows of this "
        "test part, and all looks together keep within the allowance.",
        "Güven düzeyi {asked_share} yerine {level_share}: bu, bu test parçasının satırlarına {looks}. bakış ve bütün "
        "bakışlar birlikte izin verilen hata payını aşmıyor.",
    ),
    "level_tightened_by_trials": (
        "The confidence level is {level_share} instead of {asked_share}: this is look number {looks} at rows of this "
        "test part, by the best of {trials} [trial|trials], and all looks together keep within the allowance.",
        "Güven düzeyi {asked_share} yerine {level_share}: bu, bu test parçasının satırlarına {looks}. bakış, aday "
        "{trials} denemenin en iyisi ve bütün bakışlar birlikte izin verilen hata payını aşmıyor.",
    ),
    "no_champion_before": (
        "There was no champion before.",
        "Daha önce bir şampiyon yoktu.",
    ),
    "margin_relative": (
        "By the model's policy the winner's {measure} must be better by more than {margin_share}.",
        "Modelin politikasına göre kazananın {measure} değeri {margin_share} payından daha fazla iyi olmalı.",
    ),
    "margin_absolute": (
        "By the model's policy the winner's {measure} must be better by more than {amount}.",
        "Modelin politikasına göre kazananın {measure} değeri {amount} miktarından daha fazla iyi olmalı.",
    ),
    "too_slow": (
        "A prediction takes {latency_ms:.3g} ms; the model's policy allows {limit_ms:g} ms.",
        "Bir tahmin {latency_ms:.3g} ms sürüyor; modelin politikasının sınırı {limit_ms:g} ms.",
    ),
    "latency_not_measured": (
        "How long a prediction takes was not measured; the model's policy allows {limit_ms:g} ms.",
        "Bir tahminin ne kadar sürdüğü ölçülmedi; modelin politikasının sınırı {limit_ms:g} ms.",
    ),
    "too_large": (
        "The predictor's files hold {bytes} bytes; the model's policy allows {limit_bytes}.",
        "Tahmincinin dosyaları {bytes} bayt; modelin politikasının sınırı {limit_bytes} bayt.",
    ),
    "promotion_by_hand": (
        "{approved} may become champion; the model's policy leaves the promotion to a person.",
        "{approved} şampiyon olabilir; modelin politikası terfiyi bir kişiye bırakıyor.",
    ),
    "column_knows_future": (
        "The column “{column}” seems to know the future of the target: {evidence_en}. When do its values become known?"
        " State it: azuraforge datasets available-after NAME {column}=1d (the time after their row).",
        "“{column}” sütunu hedefin geleceğini biliyor gibi görünüyor: {evidence_tr}. Değerleri ne zaman belli oluyor?"
        " Belirtin: azuraforge datasets available-after AD {column}=1d (satırından ne kadar sonra).",
    ),
    "pretraining_not_stated": (
        "The weights of {name} were trained elsewhere, on data that is not stated: the held-out rows may have been part"
        " of it. State its last day as “until” in the pretraining.json of the weights.",
        "{name} ağırlıkları başka yerde, belirtilmemiş verilerle eğitilmiş: ayrılan satırlar bu verinin içinde"
        " olabilir. Verinin son gününü ağırlıkların pretraining.json dosyasında “until” olarak belirtin.",
    ),
    "pretraining_overlaps": (
        "The weights of {name} were trained on data until {until}, and the held-out rows do not all lie after that day:"
        " they may have been part of it.",
        "{name} ağırlıkları {until} gününe kadarki verilerle eğitilmiş; ayrılan satırların tümü bu günden sonra değil,"
        " yani o verinin içinde olabilirler.",
    ),
    "promotion_withheld": (
        "{approved} is not promoted automatically because of that: remove the cause and train again, or promote by"
        " hand.",
        "{approved} bu yüzden kendiliğinden terfi etmiyor: nedenini giderip yeniden eğitin ya da elle terfi ettirin.",
    ),
    "candidate_promoted": ("{champion} becomes champion.", "{champion} şampiyon oluyor."),
    "baseline_promoted": (
        "The best baseline {champion} becomes champion.",
        "En iyi temel yöntem olan {champion} şampiyon oluyor.",
    ),
    "champion_kept": ("{champion} stays champion.", "{champion} şampiyon kalıyor."),
}

#: What stands in a sentence where there is no value: code → (English, Turkish).
_UNSTATED: Mapping[str, tuple[str, str]] = {
    "other_unit": ("not stated", "belirtilmemiş"),
    "other_frequency": ("not fixed", "sabit değil"),
}

#: Kinds of data as ``other_kind`` names them; verdicts of earlier releases hold the English words.
_KINDS: Mapping[str, tuple[str, str]] = {
    "several_series": ("several series", "birden çok seri"),
    "one_series": ("one series", "tek seri"),
    "series": ("a series", "seri"),
    "images": ("images", "görüntüler"),
}

#: The metric of a reason that names none, and the words for rows of losses: (English, Turkish).
_UNNAMED = "RMSE"
_UNITS: Mapping[bool, Mapping[str, tuple[str, str]]] = {
    True: {
        "units": ("[origin|origins]", "tahmin başlangıcı"),
        "units_at": ("[origin|origins]", "tahmin başlangıcında"),
    },
    False: {"units": ("[example|examples]", "örnek"), "units_at": ("[example|examples]", "örnekte")},
}

#: Codes the gate may give for a champion that cannot stand beside the candidate.
INCOMPARABLE = (
    "other_target",
    "other_unit",
    "other_horizon",
    "other_kind",
    "other_classes",
    "other_size",
    "other_frequency",
    "lineage_unknown",
    "champion_unreadable",
    "no_common_series",
    "champion_changed",
)


@dataclass(frozen=True)
class Reason:
    """Why the gate decided as it did: a stable code, its numbers, and sentences made of them."""

    code: str
    params: Mapping[str, Value]

    def __post_init__(self) -> None:
        if self.code not in _SENTENCES:
            raise ValueError(f"unknown reason {self.code!r}")

    def text(self, language: str) -> str:
        """The sentence in ``"en"`` or ``"tr"``.

        Example:
            >>> Reason("champion_kept", {"champion": "forecasting.ridge"}).text("tr")
            'forecasting.ridge şampiyon kalıyor.'
        """
        english, turkish = _SENTENCES[self.code]
        turkish_asked = language == "tr"
        shown: dict[str, Any] = dict(self.params)
        shown["measure"] = _measure(self.params, language)
        units = {name: words[turkish_asked] for name, words in _UNITS[_in_time(self.params)].items()}
        figures = told(self.params, language)
        shown |= {"change": figures["change"], "low_end": figures["low"], "high_end": figures["high"]}
        margin = self.params.get("margin")
        if isinstance(margin, float):
            # A guarded slice's margin is in the measure of its interval; a policy's own is shown as a share.
            shown["allowed"] = _end(self.params, margin, language, signed=False)
        for name, value in self.params.items():
            if isinstance(value, float):
                shown[f"{name}_share"] = percent(value, language, signed=False)
            elif value in (None, "") and self.code in _UNSTATED:
                shown[name] = _UNSTATED[self.code][language == "tr"]
            elif self.code == "other_kind" and str(value) in _KINDS:
                shown[name] = _KINDS[str(value)][language == "tr"]
        template = turkish if turkish_asked else english
        for name, words in units.items():
            template = template.replace(f"{{{name}}}", words)
        return fill(template, **shown)

    def record(self) -> ReasonRecord:
        """Return the reason as it is stored."""
        text = Sentences(en=self.text("en"), tr=self.text("tr"))
        return ReasonRecord(code=self.code, params=dict(self.params), text=text)


#: A relative figure beyond this, a thousand percent, says that the other side makes almost no errors, and no more.
_MOST = 10.0


def told(params: Mapping[str, Any], language: str) -> dict[str, str]:
    """A comparison's numbers as people read them: ``measure``, ``change``, and ``low`` and ``high`` of its interval.

    Along a series they are relative. Of losses that are 0 or 1 they are points (hundredths) with the errors per
    1,000 of both sides, of other independent losses the losses themselves: almost no errors are no denominator.

    Args:
        params: those of ``evidence.Comparison``.
        language: ``en`` or ``tr``.

    Example:
        >>> few = {"measure_en": "error rate", "rows": "examples", "binary": True}
        >>> few |= {"difference": -0.09, "score_a": 0.01, "score_b": 0.1}
        >>> seen = told({**few, "low": -0.12, "high": -0.06}, "en")
        >>> seen["measure"], seen["change"], seen["low"], seen["high"]
        ('error rate', '−9 points (10 errors per 1,000 against 100)', '−12', '−6 points')
    """
    low, high = params.get("low"), params.get("high")
    ends = {"low": _end(params, low, language, unit=False), "high": _end(params, high, language)}
    ends["measure"] = _measure(params, language)
    if _is_relative(params):
        relative = params.get("relative_difference")
        if "score_b" in params and (relative is None or relative > _MOST):
            change = _against(params, language, "{}", "{} yerine {}")
        else:
            change = _end(params, relative, language)
        return {"change": change, **ends}
    beside = (
        _against(params, language, "{} errors per 1,000", "binde {} yerine {} hata", 1000)
        if params.get("binary")
        else _against(params, language, "{}", "{} yerine {}")
    )
    return {"change": f"{_end(params, params['difference'], language)} ({beside})", **ends}


def _measure(params: Mapping[str, Any], language: str) -> str:
    """The metric's title, as ``evidence.measured`` put it into the values."""
    return str(params.get(f"measure_{language}") or params.get("measure_en") or _UNNAMED)


def _in_time(params: Mapping[str, Any]) -> bool:
    return bool(params.get("rows", "origins") == "origins")


def _is_relative(params: Mapping[str, Any]) -> bool:
    """Along a series a difference is relative; so is one whose scores are not stated."""
    return _in_time(params) or "difference" not in params


def _against(params: Mapping[str, Any], language: str, english: str, turkish: str, scale: float = 1) -> str:
    """Both scores: "3 against 4"."""
    ours, theirs = (_plain(params[side] * scale, language) for side in ("score_a", "score_b"))
    if language == "tr":
        return turkish.format(theirs, ours)
    return f"{english.format(ours)} against {theirs}"


def _end(
    params: Mapping[str, Any], value: float | None, language: str, *, signed: bool = True, unit: bool = True
) -> str:
    """One number of a comparison, in its own measure."""
    if value is None:
        return "–"
    if _is_relative(params):
        return percent(value, language, signed=signed)
    if params.get("binary"):
        points = _plain(value * 100, language, signed=signed)
        word = "puan" if language == "tr" else "point" if points.strip("−+") == "1" else "points"
        return f"{points} {word}" if unit else points
    return _plain(value, language, signed=signed)


def _plain(value: float, language: str, *, signed: bool = False) -> str:
    """Three significant digits, none of them after a thousand."""
    size = abs(value)
    digits = 0 if size >= 1000 or size < 5e-7 else max(0, 2 - math.floor(math.log10(size)))
    number = f"{size:,.{digits}f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    sign = "" if number == "0" else "−" if value < 0 else "+" if signed else ""
    return sign + _in_language(number, language)


def percent(fraction: float, language: str, *, signed: bool = False) -> str:
    """One digit, two below one percent, three near a hundred: 99.95 % must not read as 100 %, nor 0.04 % as 0."""
    if fraction > _MOST:
        return "more than +1,000 %" if language != "tr" else "+%1.000 üzeri"
    percent = round(abs(fraction) * 100, 6)  # a hundred less a rounding is a hundred
    digits = 2 if percent < 1 else 3 if 99.5 <= percent < 100 else 1
    number = f"{percent:,.{digits}f}".removesuffix(".00").removesuffix(".0")
    sign = "" if not signed or number == "0" else "−" if fraction < 0 else "+"
    number = _in_language(number, language)
    return f"{sign}%{number}" if language == "tr" else f"{sign}{number} %"


def _in_language(number: str, language: str) -> str:
    return number.translate(str.maketrans(",.", ".,")) if language == "tr" else number
