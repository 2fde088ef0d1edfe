"""Texts about models, studies and predictions."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
MODELS: Mapping[str, tuple[str, str]] = {
    # models
    "no_models": (
        "No models yet. A training run makes one: azuraforge runs start --dataset NAME --wait",
        "Henüz model yok. Bir eğitim modeli oluşturur: azuraforge runs start --dataset AD --wait",
    ),
    "alias_moved": (
        "{alias} of {model}: v{before} → v{after}.",
        "{model} için {alias}: v{before} → v{after}.",
    ),
    "alias_set": ("{alias} of {model} is now v{after}.", "{model} için {alias} artık v{after}."),
    "from": ("from", "başlangıç"),
    "number": ("number", "numara"),
    "until": ("until", "bitiş"),
    "today": ("today", "bugün"),
    "terms": ("terms", "koşullar"),
    "own_policy": ("the platform's own", "platformun kendisininki"),
    "policy_set": (
        "Promotions of {model} need from now on (policy {number}): {terms}.",
        "{model} için terfi bundan sonra şunu gerektirir (politika {number}): {terms}.",
    ),
    "to": ("to", "neye"),
    "lineage.dataset": ("dataset", "veri kümesi"),
    "lineage.run": ("run", "çalıştırma"),
    "lineage.version": ("version", "sürüm"),
    "lineage.predictions": ("predictions:", "tahmin:"),
    "lineage.origin": ("bundle of", "paket:"),
    "edge.learned": ("was learned by", "şunca öğrenildi:"),
    "edge.made": ("made", "şunu yaptı:"),
    "edge.said": ("made", "şunu yaptı:"),
    "edge.champion_then": ("was champion when there came", "şampiyonken gelen:"),
    "edge.imported": ("was imported as", "şöyle alındı:"),
    "bundle_written": ("Written: {path} ({bytes} bytes).", "Yazıldı: {path} ({bytes} bayt)."),
    "bundle_imported": (
        "Imported: v{version} of {model}. It has no alias yet: azuraforge models promote {model} {version} --reason …",
        "Alındı: {model} v{version}. Henüz takma adı yok: azuraforge models promote {model} {version} --reason …",
    ),
    "no_deployments": ("There is no shadow or canary, and there was none.", "Takma adın yanında yanıt veren yok."),
    "mode": ("mode", "biçim"),
    "mode.shadow": ("shadow", "gölge"),
    "mode.canary": ("canary", "kanarya"),
    "share": ("share", "pay"),
    "deployment.active": ("active", "etkin"),
    "deployment.ended": ("ended", "bitti"),
    "deployment.rolled_back": ("rolled back", "geri alındı"),
    "errors_pairs": (
        "this one failed / both failed / alias holder failed",
        "başaramadı / ikisi de / yanındaki başaramadı",
    ),
    "loss_pairs": ("loss worse / even / better", "kayıp kötü / eşit / iyi"),
    "extreme_losses": ("extreme / judged", "aşırı / değerlendirilen"),
    "alias_gone": ("{model} has no {alias} any more.", "{model} için artık {alias} yok."),
    "predict_hint.series": (
        "Predict with it: azuraforge models predict {name}",
        "Tahmin için: azuraforge models predict {name}",
    ),
    "predict_hint.picture": (
        "Predict with it: azuraforge models predict-image {name} IMAGE",
        "Tahmin için: azuraforge models predict-image {name} RESİM",
    ),
    # studies
    "no_studies": (
        "No studies yet. Make one: azuraforge studies create NAME forecasting.lstm --dataset DATA"
        " --search learning_rate=0.0005..0.02:log --trials 20",
        "Henüz arama çalışması yok. Oluşturmak için: azuraforge studies create AD forecasting.lstm --dataset VERİ"
        " --search learning_rate=0.0005..0.02:log --trials 20",
    ),
    "study_made": (
        "Study {name} begins: {trials} [trial|trials] at most.",
        "Arama çalışması {name} başladı: en çok {trials} deneme çalıştırması.",
    ),
    "study_goes_on_later": (
        "It goes on while a platform is up: azuraforge up",
        "Bir platform açıkken sürer: azuraforge up",
    ),
    "study_paused": (
        "Study {name} is paused; trials that run go on to their end.",
        "Arama çalışması {name} duraklatıldı; süren deneme çalıştırmaları sonuna kadar gider.",
    ),
    "study_resumed": ("Study {name} goes on.", "Arama çalışması {name} sürüyor."),
    "study_stopped": (
        "Study {name} is stopped; its running trials are cancelled.",
        "Arama çalışması {name} durduruldu; süren deneme çalıştırmaları iptal edildi.",
    ),
    "study_deleted": (
        "Study {name} is in the trash. Undo: azuraforge studies restore {name}",
        "Arama çalışması {name} çöp kutusunda. Geri almak için: azuraforge studies restore {name}",
    ),
    "study_restored": ("Study {name} is back.", "Arama çalışması {name} geri alındı."),
    "study_without_plugin": ("name a pipeline to search", "aranacak bir işlem hattı verin"),
    "study_without_dataset": ("name a dataset with --dataset", "--dataset ile bir veri kümesi verin"),
    "study.running": ("running", "sürüyor"),
    "study.paused": ("paused", "duraklatıldı"),
    "study.stopped": ("stopped", "durduruldu"),
    "study.finished": ("finished", "bitti"),
    "study.failed": ("failed", "başarısız"),
    "trial.running": ("running", "sürüyor"),
    "trial.complete": ("complete", "tamamlandı"),
    "trial.pruned": ("pruned", "budandı"),
    "trial.failed": ("failed", "başarısız"),
    "trials": ("trials", "denemeler"),
    "best": ("best", "en iyi"),
    "sampler": ("sampler", "örnekleyici"),
    "objectives": ("objectives", "hedefler"),
    "direction.minimize": ("lower is better", "düşük olan iyi"),
    "direction.maximize": ("higher is better", "yüksek olan iyi"),
    "field": ("field", "alan"),
    "range": ("range to begin with", "başlangıç aralığı"),
    "baseline": ("baseline", "temel yöntem"),
    "time": ("time", "süre"),
    "cpu_time": ("processor time", "işlemci süresi"),
    "winner_run": ("winner's run", "kazananın çalıştırması"),
    "score": ("score", "puan"),
    "importance": ("importance", "önem"),
    "too_few_trials": (
        "Too few trials have ended to tell what matters.",
        "Neyin önemli olduğunu söylemek için biten deneme çalıştırması çok az.",
    ),
    "front": ("Trials that no other one beats: {trials}.", "Hiçbir denemenin geçemediği denemeler: {trials}."),
    "not_a_range": ("{text!r} is no range", "{text!r} bir aralık değil"),
    "not_a_list": ("{text!r} is no list of choices", "{text!r} bir seçenek listesi değil"),
    "not_yaml": ("{path} is not YAML: {reason}", "{path} YAML değil: {reason}"),
    # predictions
    "no_predictions": (
        "Nothing was predicted yet: azuraforge models predict NAME",
        "Henüz tahmin yapılmadı: azuraforge models predict AD",
    ),
    "predicted": ("predicted", "tahmin"),
    "known": ("known", "bilinen"),
    "made": ("made", "yapıldığı an"),
    "request": ("request", "istek"),
    "took": ("took", "süre"),
    "actual": ("actual", "gerçekleşen"),
    "naive_error": ("naive error", "naif hata"),
    "not_yet_known": ("not yet known", "henüz bilinmiyor"),
    "judged_told": (
        "{judged} [point|points] judged; {known} had been judged before and [stays as it is|stay as they are].",
        "{judged} nokta değerlendirildi; {known} nokta daha önce değerlendirilmişti, olduğu gibi kaldı.",
    ),
    "live_told": (
        "{predictions} [prediction|predictions], {waiting} of them with points not yet known; {points} "
        "[point|points] judged.",
        "{predictions} tahmin, {waiting} tanesinde henüz bilinmeyen noktalar var; {points} nokta değerlendirildi.",
    ),
    "points": ("points", "nokta"),
    "hits": ("hits", "isabet"),
    "made_late": ("made after their time", "zamanı geçtikten sonra yapıldı"),
    "drift_nobody_looked": (
        "Not checked yet: azuraforge predictions drift {model} --look",
        "Henüz bakılmadı: azuraforge predictions drift {model} --look",
    ),
    "drift_alarm": (
        "DRIFT: what v{version} of {model} sees, or how well it forecasts, has changed.",
        "KAYMA: {model} v{version} girdileri ya da tahmin başarısı değişti.",
    ),
    "drift_none": ("No drift of v{version} of {model}.", "{model} v{version}: kayma yok."),
    "drift_too_few": (
        "Too few independent predictions of v{version} of {model} to say.",
        "{model} v{version}: karar vermek için bağımsız tahmin sayısı az.",
    ),
    "drift_errors_larger": (
        "Errors have become larger since {since}: mean {mean} over {forecasts} judged forecasts, {reference} in"
        " the test.",
        "Hatalar {since} tarihinden beri büyüdü: değerlendirilen {forecasts} tahminde ortalama {mean}, testte"
        " {reference}.",
    ),
    "drift_errors_same": (
        "Errors have not become larger: mean {mean} over {forecasts} judged forecasts, {reference} in the test.",
        "Hatalar büyümedi: değerlendirilen {forecasts} tahminde ortalama {mean}, testte {reference}.",
    ),
    "drift_limits": (
        "Drift: PSI ≥ {psi} and p < {level}; columns worth fewer than {least} independent values are not judged.",
        "Kayma: PSI ≥ {psi} ve p < {level}; {least} bağımsız değerden azı değerlendirilmez.",
    ),
    "column": ("column", "sütun"),
    "values": ("values", "değer sayısı"),
    "drifted": ("drifted", "kaydı mı"),
    "yes": ("yes", "evet"),
    "no": ("no", "hayır"),
}
