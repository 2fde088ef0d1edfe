"""Texts of reports in English and Turkish. No text contains a number of its own."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
TEXTS: Mapping[str, tuple[str, str]] = {
    "report": ("Report", "Rapor"),
    "lead": ("{kind} run {id}: {state}.", "{kind} çalıştırması {id}: {state}."),
    "kind.train": ("Training", "Eğitim"),
    "kind.trial": ("Trial", "Deneme"),
    "kind.predict": ("Prediction", "Tahmin"),
    "kind.agent": ("Agent", "Etmen"),
    "kind.external": ("External", "Dış"),
    "state.queued": ("queued", "sırada"),
    "state.running": ("running", "çalışıyor"),
    "state.succeeded": ("succeeded", "başarılı"),
    "state.failed": ("failed", "başarısız"),
    "state.cancelled": ("cancelled", "iptal edildi"),
    "state.quarantined": ("quarantined", "karantinada"),
    "not_ended": (
        "The run has not ended: this report shows what is known by now.",
        "Çalıştırma bitmedi: bu rapor şu ana kadar bilineni gösterir.",
    ),
    "verdict": ("Verdict", "Karar"),
    "decision.promoted": ("Promoted: **{champion}** is champion.", "Terfi etti: **{champion}** şampiyon oldu."),
    "decision.kept": ("Not promoted: **{champion}** stays champion.", "Terfi etmedi: **{champion}** şampiyon kaldı."),
    "decision.incumbent_stays": (
        "Not promoted: it does not beat the present forecast (**{champion}**), which stays in use.",
        "Terfi etmedi: mevcut tahmini (**{champion}**) geçmiyor; o kullanımda kalıyor.",
    ),
    "decision.baseline_promoted": (
        "Not promoted: the baseline **{champion}** is champion.",
        "Terfi etmedi: temel yöntem **{champion}** şampiyon oldu.",
    ),
    "decision.baseline_unproven": (
        "Not promoted: **{candidate}** ranks first but is not proven better; the baseline **{champion}** is champion.",
        "Terfi etmedi: **{candidate}** ilk sırada ama daha iyi olduğu kanıtlanmadı; temel yöntem **{champion}** "
        "şampiyon oldu.",
    ),
    "decision.baseline_barred": (
        "Not promoted: **{candidate}** ranks first but does not meet the model's conditions; the baseline "
        "**{champion}** is champion.",
        "Terfi etmedi: **{candidate}** ilk sırada ama modelin koşullarını karşılamıyor; temel yöntem **{champion}** "
        "şampiyon oldu.",
    ),
    "decision.withheld": (
        "The promotion of **{approved}** is withheld: its score may not be honest, so a person decides.",
        "**{approved}** terfisi bekletildi: puanı yanıltıcı olabilir, kararı bir kişi verir.",
    ),
    "decision.approved": (
        "**{approved}** is approved: a person may promote it.",
        "**{approved}** onaylandı: bir kişi terfi ettirebilir.",
    ),
    "decision.until_then": ("Until then **{champion}** stays champion.", "O zamana dek şampiyon **{champion}**."),
    "decision.not_comparable": (
        "Not comparable: **{champion}** holds the title.",
        "Karşılaştırılamadı: unvan **{champion}** sürümünde.",
    ),
    "conclusion": ("What would change this conclusion", "Bu sonucu ne değiştirirdi"),
    "conclusion.holds": (
        "The whole interval of the difference to {b} lies below zero ({low} to {high}; {level} confidence). It would "
        "include zero, and the lead would not be told from noise, if its end nearer to zero ({high}) moved that far.",
        "{b} ile farkın aralığı bütünüyle sıfırın altında ({low} ile {high} arası; güven {level}). Sıfıra yakın ucu "
        "({high}) bu kadar kaysaydı aralık sıfırı içerir, üstünlük gürültüden ayırt edilemezdi.",
    ),
    "conclusion.open": (
        "The interval of the difference to {b} includes zero ({low} to {high}; {level} confidence): the same data "
        "drawn again could turn the order. The measured difference is {difference}.",
        "{b} ile farkın aralığı sıfırı içeriyor ({low} ile {high} arası; güven {level}): aynı veri yeniden çekilse "
        "sıra değişebilirdi. Ölçülen fark {difference}.",
    ),
    "conclusion.worse": (
        "The whole interval of the difference to {b} lies above zero ({low} to {high}; {level} confidence): {a} is "
        "worse there by more than noise.",
        "{b} ile farkın aralığı bütünüyle sıfırın üstünde ({low} ile {high} arası; güven {level}): {a} orada gürültüyü "
        "aşacak kadar kötü.",
    ),
    "conclusion.no_interval": (
        "There are too few examples for an interval of the difference to {b} ({difference}): more held-out data could "
        "change everything.",
        "{b} ile fark ({difference}) için aralık hesaplayacak kadar örnek yok: daha çok ayrılmış veri her şeyi "
        "değiştirebilir.",
    ),
    "conclusion.pieces": (
        "The comparison rests on {origins} [origin|origins] that say as much as {pieces} independent "
        "[one|ones]: neighbouring origins are alike.",
        "Karşılaştırma {origins} başlangıca dayanıyor; komşu başlangıçlar birbirine benzediği için bunlar {pieces} "
        "bağımsız başlangıç değerinde.",
    ),
    "conclusion.examples": (
        "The comparison rests on {origins} [example|examples].",
        "Karşılaştırma {origins} örneğe dayanıyor.",
    ),
    "conclusion.slices": (
        "In these slices it is worse than {b}; data with more of them would change the sum: {slices}.",
        "Şu dilimlerde {b} daha iyi; bunların daha çok olduğu veri toplamı değiştirirdi: {slices}.",
    ),
    "conclusion.no_worse_slice": (
        "In none of the slices that were looked at is it worse than {b}.",
        "Bakılan dilimlerin hiçbirinde {b} ondan daha iyi değil.",
    ),
    "conclusion.coverage": (
        "Its intervals promise {promised} and held {coverage} on the held-out part.",
        "Aralıkları {promised} vadediyor, ayrılmış bölümde {coverage} tuttu.",
    ),
    "conclusion.memory": (
        "The errors remember (Ljung–Box over {lags} [lag|lags]: p = {p}); the strongest autocorrelation is {value} "
        "at lag "
        "{lag}, noise stays within ±{bound}. What is left in them could still be learned.",
        "Hataların belleği var ({lags} gecikme üzerinde Ljung–Box: p = {p}); en güçlü özilinti {lag} gecikmesinde "
        "{value}, gürültü ±{bound} içinde kalır. İçlerinde kalan şey hâlâ öğrenilebilir.",
    ),
    "conclusion.bias": (
        "The errors one step ahead are {mean} on average, {spread} around that.",
        "Bir adım sonrası hataların ortalaması {mean}, çevresindeki sapma {spread}.",
    ),
    "conclusion.judged_horizon": (
        "Of the {horizon} rows ahead, {judged} are judged: the held-out part is too short for later ones. Metrics and"
        " intervals say nothing of the rows from {next} on; a horizon of {judged} is judged whole.",
        "Öndeki {horizon} satırın {judged} tanesi değerlendirildi: ayrılmış bölüm sonrakiler için çok kısa. Ölçütler ve"
        " aralıklar {next}. satırdan sonrası için bir şey söylemez; {judged} satırlık ufkun tamamı değerlendirilir.",
    ),
    "conclusion.guarded": (
        "The leakage guard tried {tried} of {of} [prediction|predictions] and found none that uses what it may not"
        " know; the others were not tried.",
        "Sızıntı denetimi {of} tahminin {tried} tanesini sınadı ve bilmemesi gereken bir şeyi kullanan tahmin bulmadı; "
        "ötekiler sınanmadı.",
    ),
    "conclusion.failed_baselines": (
        "Baselines that failed were not beaten: {names}.",
        "Başarısız olan temel yöntemler yenilmiş sayılmaz: {names}.",
    ),
    "conclusion.seed": (
        "All of this is one training with seed {seed}; how much another seed changes is not measured here.",
        "Bunların hepsi {seed} tohumuyla tek bir eğitimdir; başka bir tohumun neyi değiştireceği burada ölçülmedi.",
    ),
    "conclusion.calibration": (
        "The stated probabilities are off by {ece} on average (expected calibration error).",
        "Söylenen olasılıklar ortalama {ece} kadar sapıyor (beklenen kalibrasyon hatası).",
    ),
    "scores": ("Scores", "Puanlar"),
    "scores.note": (
        "Computed by the platform on the held-out part, which nothing had learned from. The candidate, the champion "
        "before this run and every baseline saw the same rows.",
        "Hiçbir şeyin öğrenmediği ayrılmış bölümde platform hesapladı. Aday, bu çalıştırmadan önceki şampiyon ve her "
        "temel yöntem aynı satırları gördü.",
    ),
    "intervals": ("Intervals", "Aralıklar"),
    "intervals.note": (
        "The share of true values inside each interval, and in brackets the range that encloses the true share with "
        "{level} probability, allowing for origins that depend on each other.",
        "Her aralığın içinde kalan gerçek değerlerin payı; ayraç içinde, birbirine bağlı tahmin başlangıçları hesaba "
        "katılarak gerçek payı {level} olasılıkla içeren aralık.",
    ),
    "intervals.of": ("{share} interval", "{share} aralığı"),
    "intervals.promised": ("promised", "hedef"),
    "intervals.by_horizon": (
        "Shares held by {name} at chosen horizons (rows ahead):",
        "{name} için seçilmiş ufuklarda (satır sonrası) tutulan paylar:",
    ),
    "several_series": ("Series by series", "Seri seri"),
    "several_series.note": (
        "{shown} of {count} series, the worst by MASE first. In {better} of all, the candidate's RMSE is below that of "
        "{baseline}. The overall MASE is the mean of the series' own; the overall RMSE counts every row alike.",
        "{count} seriden {shown} tanesi, MASE'ye göre en kötüsü başta. Serilerin {better} tanesinde adayın RMSE'si "
        "{baseline} yönteminkinden düşük. Genel MASE serilerinkinin ortalamasıdır; genel RMSE'de her satır eşit "
        "sayılır.",
    ),
    "several_series.left_out": (
        "Left out, with too few rows in a part, nothing that changes or an earlier end: {count} series ({series}).",
        "Bir parçada çok az satırı olduğu, hiç değişmediği ya da daha önce bittiği için dışarıda bırakılan: {count}"
        " seri ({series}).",
    ),
    "several_series.not_explained": (
        "Residuals and importances are drawn of single series only.",
        "Artıklar ve önem değerleri yalnız tek serilerde çizilir.",
    ),
    "incumbent": ("Present forecast", "Mevcut tahmin"),
    "incumbent.note": (
        "The present forecast in {column} next to the candidate and the best baseline, where it had said something by "
        "the time of the origin. Targets compared: {targets} of {of}.",
        "{column} sütunundaki mevcut tahmin, adayın ve en iyi temel yöntemin yanında; tahmin başlangıcına kadar bir "
        "şey söylemiş olduğu {targets}/{of} hedefte.",
    ),
    "levels": ("Totals and series", "Toplamlar ve seriler"),
    "levels.note": (
        "The forecasts of all levels add up. Next to the candidate's errors stand those of {baseline}, reconciled in "
        "the same way, of the candidate before its forecasts were reconciled, and of its series' forecasts added up. "
        "Totals count in no other score and not in the gate's comparison.",
        "Bütün düzeylerin tahminleri birbirini tutar. Adayın hatalarının yanında aynı biçimde uzlaştırılmış "
        "{baseline} yönteminin, uzlaştırılmadan önce adayın ve serilerinin toplanan tahminlerinin hataları durur. "
        "Toplamlar başka hiçbir puanda ve kapının karşılaştırmasında yer almaz.",
    ),
    "levels.level": ("Level", "Düzey"),
    "levels.count": ("Forecasts", "Tahmin"),
    "levels.base": ("RMSE, not reconciled", "RMSE, uzlaştırılmadan"),
    "levels.bottom_up": ("RMSE, added up", "RMSE, toplanarak"),
    "members": ("Members", "Üyeler"),
    "members.note": (
        "{rule} The score is the {measure}; lower is better. It chose and weighed the members. Their {metric} on the "
        "test set informs only.",
        "{rule} Skor, {measure}; düşük olan iyidir. Üyeler ona göre seçildi ve ağırlıklandırıldı. Test kümesindeki "
        "{metric} yalnız bilgi içindir.",
    ),
    "members.rule.weights": (
        "The forecast is the weighted sum of its members'.",
        "Tahmin, üyelerin tahminlerinin ağırlıklı toplamıdır.",
    ),
    "members.rule.median": (
        "The forecast is the median of the members that have a weight.",
        "Tahmin, ağırlığı olan üyelerin tahminlerinin medyanıdır.",
    ),
    "members.rule.trimmed": (
        "Each value of the forecast is the weighted mean of its members' without the lowest and the highest: a quarter "
        "of the weights is left out at either end.",
        "Tahminin her değeri, en düşük ve en yüksek uçlar dışında üyelerin ağırlıklı ortalamasıdır: her iki uçta "
        "ağırlıkların dörtte biri dışarıda bırakılır.",
    ),
    "members.rule.single": (
        "The forecast is that of the only member that has a weight.",
        "Tahmin, ağırlığı olan tek üyenin tahminidir.",
    ),
    "members.rule.other": ("The predictor combines its members.", "Tahminci, üyelerini birleştirir."),
    "members.name": ("Member", "Üye"),
    "members.weight": ("Weight", "Ağırlık"),
    "members.score": ("Score on validation", "Doğrulama skoru"),
    "members.test": ("{metric} on the test set", "Test kümesinde {metric}"),
    "members.seconds": ("Seconds", "Saniye"),
    "members.trials": ("Trials", "Deneme"),
    "members.whole": ("combined", "birleşik"),
    "members.left_out": ("Left out", "Dışarıda kalanlar"),
    "members.not_refitted": (
        "Not refitted on all rows, so that the evaluated predictor serves",
        "Bütün satırlarla yeniden eğitilemediği için değerlendirilen hâliyle hizmet verenler",
    ),
    "scores.failed": ("Baselines that failed", "Başarısız olan temel yöntemler"),
    "contender": ("Contender", "Yarışmacı"),
    "role.candidate": ("candidate", "aday"),
    "role.baseline": ("baseline", "temel yöntem"),
    "role.champion": ("champion", "şampiyon"),
    "figures": ("Figures", "Şekiller"),
    "explaining": (
        "The explanation of the verdict is being computed. Ask for this report again to see it.",
        "Kararın açıklaması hesaplanıyor. Görmek için bu raporu yeniden isteyin.",
    ),
    "figure.forecast": ("History and the next values", "Geçmiş ve sonraki değerler"),
    "forecast.refitted": (
        "The next values come from the forecaster refitted on all rows after its verdict.",
        "Sonraki değerler, değerlendirmeden sonra bütün satırlarla yeniden eğitilen tahminciye aittir.",
    ),
    "figure.test": ("Held-out part, one step ahead", "Ayrılmış bölüm, bir adım sonrası"),
    "figure.actual_predicted": ("Actual against predicted, one step ahead", "Gerçekleşen ve tahmin, bir adım sonrası"),
    "figure.residuals": (
        "Errors one step ahead (predicted less actual)",
        "Bir adım sonrası hatalar (tahmin eksi gerçek)",
    ),
    "figure.over_time": ("Errors over time", "Zaman içinde hatalar"),
    "figure.autocorrelation": ("Autocorrelation of the errors", "Hataların özilintisi"),
    "figure.slices": ("Error by slice", "Dilimlere göre hata"),
    "figure.importance": (
        "Permutation importance: growth of the RMSE where an input is another origin's",
        "Permütasyon önemi: girdi başka bir başlangıcınki olunca RMSE'nin büyümesi",
    ),
    "figure.shapley": (
        "Shapley values: mean absolute contribution to the forecast",
        "Shapley değerleri: tahmine ortalama mutlak katkı",
    ),
    "figure.curves": ("Learning curves", "Öğrenme eğrileri"),
    "figure.confusion": ("Confusion matrix", "Karışıklık matrisi"),
    "figure.reliability": ("Reliability", "Güvenilirlik"),
    "importance.note": (
        "On the held-out part after the verdict, {origins} [origin|origins], {repeats} [repeat|repeats], inputs up "
        "to {rows_back} [row|rows] back. "
        "The calendar is not among the inputs.",
        "Karardan sonra ayrılmış bölümde, {origins} başlangıç, {repeats} yineleme, en çok {rows_back} satır geriye "
        "kadar girdiler. Takvim girdiler arasında değil.",
    ),
    "shapley.note": (
        "{origins} [origin|origins], {orders} [order|orders] of the inputs, each walked forwards and backwards; "
        "sampled, and exact only "
        "where the order makes no difference.",
        "{origins} başlangıç, girdilerin {orders} sıralaması, her biri iki yönde; örneklemeyle bulundu, yalnızca "
        "sıranın önemi yoksa kesindir.",
    ),
    "input": ("Input", "Girdi"),
    "input.back": ("{column}, {rows} back", "{column}, {rows} geride"),
    "increase": ("growth of RMSE", "RMSE artışı"),
    "spread": ("spread", "sapma"),
    "contribution": ("contribution", "katkı"),
    "order_spread": ("orders differ by", "sıralama farkı"),
    "slice": ("Slice", "Dilim"),
    "errors": ("errors", "hata sayısı"),
    "beside": ("beside", "yanında"),
    "by.horizon": ("horizon", "ufuk"),
    "by.hour": ("hour", "saat"),
    "by.weekday": ("weekday", "haftanın günü"),
    "by.month": ("month", "ay"),
    "by.level": ("level at the origin (terciles)", "başlangıçtaki düzey (üçte birlikler)"),
    "axis.time": ("time", "zaman"),
    "axis.actual": ("actual", "gerçekleşen"),
    "axis.predicted": ("predicted", "tahmin"),
    "axis.error": ("error", "hata"),
    "axis.count": ("count", "sayı"),
    "axis.normal": ("normal law", "normal dağılım"),
    "axis.lag": ("lag", "gecikme"),
    "axis.step": ("step", "adım"),
    "axis.truth": ("truth", "doğru sınıf"),
    "axis.answer": ("answer", "yanıt"),
    "axis.stated": ("stated probability", "söylenen olasılık"),
    "axis.held": ("share that was right", "doğru çıkma payı"),
    "config": ("Config", "Ayarlar"),
    "data": ("Data", "Veri"),
    "dataset": ("Dataset", "Veri kümesi"),
    "fingerprint": ("Fingerprint", "Parmak izi"),
    "part": ("Part", "Bölüm"),
    "part.train": ("train", "eğitim"),
    "part.validation": ("validation", "doğrulama"),
    "part.test": ("test (held out)", "sınama (ayrılmış)"),
    "rows": ("rows", "satır"),
    "from": ("from", "başlangıç"),
    "to": ("to", "bitiş"),
    "environment": ("Environment", "Ortam"),
    "plugin": ("Plugin", "Eklenti"),
    "code": ("Code version", "Kod sürümü"),
    "seed": ("Seed", "Tohum"),
    "threads": ("Threads", "İş parçacığı"),
    "bits": ("Reproducible bit for bit", "Bit bit yinelenebilir"),
    "bits.unknown": ("not yet known", "henüz bilinmiyor"),
    "bits.never": (
        "unknown: the platform did not execute this run",
        "bilinmiyor: bu çalıştırmayı platform yürütmedi",
    ),
    "yes": ("yes", "evet"),
    "no": ("no", "hayır"),
    "created": ("Created", "Oluşturuldu"),
    "finished": ("Ended", "Bitti"),
    "model": ("Model", "Model"),
    "name": ("Name", "Ad"),
    "value": ("Value", "Değer"),
    "result": ("Result", "Sonuç"),
    "failure": ("What happened", "Ne oldu"),
    "failure.where": ("Where: {where}", "Nerede: {where}"),
    "failure.next": ("What to do: {next_step}", "Ne yapmalı: {next_step}"),
    "failure.stopped": (
        "It stopped in phase “{phase}”, {done} of {total}; {share} of the whole run was done.",
        "“{phase}” evresinde durdu: {total} adımın {done} tanesi; bütün çalıştırmanın {share} kadarı bitmişti.",
    ),
    "failure.never": ("It stopped before its first phase.", "İlk evresinden önce durdu."),
    "failure.last": ("The last values that it recorded:", "Kaydettiği son değerler:"),
    "failure.log": ("Its log is among the run's files: {names}.", "Günlüğü çalıştırmanın dosyaları arasında: {names}."),
    "series": ("Curve", "Eğri"),
    "step": ("step", "adım"),
    "attempts": ("Attempts", "Denemeler"),
    "ended_as": ("ended as", "bitiş durumu"),
    "reason": ("reason", "gerekçe"),
    "notes": ("Notes of the run", "Çalıştırmanın notları"),
}
