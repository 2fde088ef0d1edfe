"""Sentences of the gate's reasons, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping

#: code → (English, Turkish). Fields named ``*_share`` are fractions shown as percentages.
SENTENCES: Mapping[str, tuple[str, str]] = {
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
        "Şampiyon bu test kümesinde değerlendirilemedi: {problem}",
    ),
    "lineage_unknown": (
        "Which rows the champion learned from is not known, so none can judge it fairly; a person may promote by hand.",
        "Şampiyonun hangi satırlardan öğrendiği bilinmiyor, bu yüzden hiçbiri onu adil biçimde değerlendiremez; "
        "bir kişi elle terfi ettirebilir.",
    ),
    "no_common_series": (
        "The champion learned none of the {count} series of this test part; a person may promote by hand.",
        "Şampiyon bu test kümesindeki {count} serinin hiçbirini öğrenmemiş; bir kişi elle terfi ettirebilir.",
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
        "Güven düzeyi {asked_share} yerine {level_share}: bu, bu test kümesinin satırlarına {looks}. bakış ve bütün "
        "bakışlar birlikte izin verilen hata payını aşmıyor.",
    ),
    "level_tightened_by_trials": (
        "The confidence level is {level_share} instead of {asked_share}: this is look number {looks} at rows of this "
        "test part, by the best of {trials} [trial|trials], and all looks together keep within the allowance.",
        "Güven düzeyi {asked_share} yerine {level_share}: bu, bu test kümesinin satırlarına {looks}. bakış, aday "
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
    "more_would_decide": (
        "About {more} more {units} like these would be needed to decide a difference of this size between {a} and {b}. "
        "This is an estimate; it takes the difference that is seen for the true one.",
        "{a} ile {b} arasında bu büyüklükte bir farkı göstermek için bunlara benzer yaklaşık {more} {units} daha "
        "gerekir. Bu bir tahmindir; görülen farkı gerçek fark sayar.",
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
    "beats_incumbent": (
        "{a} beats the present forecast ({b}) on {origins} {units_at} for which it had said something: {measure} "
        "{change}, interval {low_end} to {high_end}.",
        "{a}, mevcut tahminin ({b}) bir şey söylemiş olduğu {origins} {units_at} ondan daha iyi: {measure} {change}, "
        "güven aralığı {low_end} ile {high_end} arası.",
    ),
    "not_better_than_incumbent": (
        "{a} does not beat the present forecast ({b}) by more than noise on {origins} {units_at} for which it had said "
        "something: {measure} {change}, interval {low_end} to {high_end}.",
        "{a}, mevcut tahminin ({b}) bir şey söylemiş olduğu {origins} {units_at} ona karşı gürültüyü aşan bir üstünlük "
        "göstermiyor: {measure} {change}, güven aralığı {low_end} ile {high_end} arası.",
    ),
    "incumbent_unknown": (
        "Whether {a} beats the present forecast ({b}) is not yet known: {measure} {change}, but it had said something "
        "at {origins} {units}, which are too few, or remember each other for too long, to bound the difference (the "
        "least is {needed}).",
        "{a}, mevcut tahminden ({b}) daha iyi mi, henüz bilinmiyor: {measure} {change}, ancak mevcut tahminin bir şey "
        "söylediği {origins} {units}, farkı sınırlamak için çok az ya da birbirini çok uzun hatırlıyor "
        "(en az {needed}).",
    ),
    "incumbent_stays": (
        "The present forecast stays in use: nothing is promoted.",
        "Mevcut tahmin kullanımda kalıyor: hiçbir sürüm terfi etmiyor.",
    ),
    "champion_kept": ("{champion} stays champion.", "{champion} şampiyon kalıyor."),
}

#: Text of a sentence for a missing value: code → (English, Turkish).
UNSTATED: Mapping[str, tuple[str, str]] = {
    "other_unit": ("not stated", "belirtilmemiş"),
    "other_frequency": ("not fixed", "sabit değil"),
}

#: Kinds of data as ``other_kind`` names them; verdicts of earlier releases hold the English words.
KINDS: Mapping[str, tuple[str, str]] = {
    "several_series": ("several series", "birden çok seri"),
    "one_series": ("one series", "tek seri"),
    "series": ("a series", "seri"),
    "images": ("images", "görüntüler"),
}

#: The words for rows of losses: (English, Turkish).
UNITS: Mapping[bool, Mapping[str, tuple[str, str]]] = {
    True: {
        "units": ("[origin|origins]", "tahmin başlangıcı"),
        "units_at": ("[origin|origins]", "tahmin başlangıcında"),
    },
    False: {"units": ("[example|examples]", "örnek"), "units_at": ("[example|examples]", "örnekte")},
}

#: Codes of the gate for a champion that cannot be compared with the candidate.
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
