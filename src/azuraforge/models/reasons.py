"""The gate's reasons as sentences, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: code → (English, Turkish). Fields named ``*_share`` are fractions shown as percentages.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "beats_best_baseline": (
        "{a} beats the best baseline {b}: {measure} {relative_difference_share}, interval {low_share} to {high_share}.",
        "{a}, en iyi temel yöntem olan {b} karşısında daha iyi: {measure} {relative_difference_share}, "
        "güven aralığı {low_share} ile {high_share} arası.",
    ),
    "not_better_than_best_baseline": (
        "{a} does not beat the best baseline {b} by more than noise: {measure} {relative_difference_share}, "
        "interval {low_share} to {high_share}.",
        "{a}, en iyi temel yöntem olan {b} karşısında gürültüyü aşan bir üstünlük göstermiyor: "
        "{measure} {relative_difference_share}, güven aralığı {low_share} ile {high_share} arası.",
    ),
    "at_least_as_good_as_best_baseline": (
        "{a} is at least as good as the best baseline {b}: {measure} {relative_difference_share}.",
        "{a}, en iyi temel yöntem olan {b} kadar iyi ya da ondan iyi: {measure} {relative_difference_share}.",
    ),
    "worse_than_best_baseline": (
        "{a} is worse than the best baseline {b}: {measure} {relative_difference_share}.",
        "{a}, en iyi temel yöntem olan {b} karşısında daha kötü: {measure} {relative_difference_share}.",
    ),
    "beats_champion": (
        "{a} beats the champion {b} on {origins} {units_at} that neither learned from: "
        "{measure} {relative_difference_share}, interval {low_share} to {high_share}.",
        "{a}, ikisinin de öğrenmediği {origins} {units_at} şampiyon {b} karşısında daha iyi: "
        "{measure} {relative_difference_share}, güven aralığı {low_share} ile {high_share} arası.",
    ),
    "not_better_than_champion": (
        "{a} does not beat the champion {b} by more than noise on {origins} {units_at} that neither learned from: "
        "{measure} {relative_difference_share}, interval {low_share} to {high_share}.",
        "{a}, ikisinin de öğrenmediği {origins} {units_at} şampiyon {b} karşısında gürültüyü aşan bir "
        "üstünlük göstermiyor: {measure} {relative_difference_share}, "
        "güven aralığı {low_share} ile {high_share} arası.",
    ),
    "slice_worse": (
        "{a} is worse than {b} on the guarded slice “{slice}”: {measure} {relative_difference_share}, "
        "allowed {margin_share}.",
        "{a}, korunan “{slice}” diliminde {b} karşısında daha kötü: {measure} {relative_difference_share}, "
        "izin verilen {margin_share}.",
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
    "other_target": (
        "The champion predicts another target ({champion}) than the candidate ({candidate}).",
        "Şampiyonun hedefi ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "other_unit": (
        "The champion's unit ({champion}) is not the candidate's ({candidate}).",
        "Şampiyonun birimi ({champion}) adayınkinden ({candidate}) farklı.",
    ),
    "other_horizon": (
        "The champion predicts {champion} rows ahead, the candidate {candidate}.",
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
    "champion_changed": (
        "While this run was judged, version {present} became champion instead of {judged}.",
        "Bu çalıştırma değerlendirilirken {judged} yerine {present} sürümü şampiyon oldu.",
    ),
    "level_tightened": (
        "The confidence level is {level_share} instead of {asked_share}, because this is look number {looks} "
        "at the same test part or tuning trial.",
        "Aynı test parçasına veya ayar denemesine {looks}. bakış olduğu için güven düzeyi {asked_share} yerine "
        "{level_share}.",
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

#: metric → what it is called in a sentence, and what it is counted over: (English, Turkish).
_MEASURES: Mapping[str, tuple[str, str]] = {
    "rmse": ("RMSE", "RMSE"),
    "mae": ("MAE", "MAE"),
    "error_rate": ("error rate", "hata oranı"),
    "log_loss": ("log loss", "log kaybı"),
}
_UNITS: Mapping[bool, Mapping[str, tuple[str, str]]] = {
    True: {"units": ("origins", "tahmin başlangıcı"), "units_at": ("origins", "tahmin başlangıcında")},
    False: {"units": ("examples", "örnek"), "units_at": ("examples", "örnekte")},
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
    "champion_unreadable",
    "champion_changed",
)


@dataclass(frozen=True)
class Reason:
    """Why the gate decided as it did: a stable code, its numbers, and sentences made of them."""

    code: str
    params: Mapping[str, Any]

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
        metric, turkish_asked = str(self.params.get("metric", "rmse")), language == "tr"
        shown: dict[str, Any] = dict(self.params)
        shown["measure"] = _MEASURES[metric][turkish_asked]
        shown |= {name: words[turkish_asked] for name, words in _UNITS[metric in ("rmse", "mae")].items()}
        for name, value in self.params.items():
            if isinstance(value, float):
                signed = name in ("relative_difference", "low", "high")
                shown[f"{name}_share"] = _percent(value, language, signed=signed)
            elif value in (None, "") and self.code in _UNSTATED:
                shown[name] = _UNSTATED[self.code][language == "tr"]
        return (turkish if language == "tr" else english).format(**shown)

    def to_dict(self) -> dict[str, Any]:
        """The reason as the verdict's JSON carries it."""
        return {
            "code": self.code,
            "params": dict(self.params),
            "text": {"en": self.text("en"), "tr": self.text("tr")},
        }


#: A ratio's end beyond this has none: the other side made no error in some resamples.
_BOUNDLESS = 1e5


def _percent(fraction: float, language: str, *, signed: bool) -> str:
    """One digit, two below one percent, three near a hundred: 99.95 % must not read as 100 %, nor 0.04 % as 0."""
    if fraction > _BOUNDLESS:
        return "+∞" if signed else "∞"
    percent = round(abs(fraction) * 100, 6)  # a hundred less a rounding is a hundred
    digits = 2 if percent < 1 else 3 if 99.5 <= percent < 100 else 1
    number = f"{percent:,.{digits}f}".removesuffix(".00").removesuffix(".0")
    sign = "" if not signed or number == "0" else "−" if fraction < 0 else "+"
    if language == "tr":
        swapped = number.translate(str.maketrans(",.", ".,"))
        return f"{sign}%{swapped}"
    return f"{sign}{number} %"
