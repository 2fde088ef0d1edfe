"""Texts about runs: states, progress, reports, comparisons, verdicts."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
RUNS: Mapping[str, tuple[str, str]] = {
    # reports and comparisons
    "report_written": ("Report written: {path} ({bytes})", "Rapor yazıldı: {path} ({bytes})"),
    "not_written": ("cannot write {path}: {problem}", "{path} yazılamadı: {problem}"),
    "metric": ("metric", "ölçüt"),
    "setting": ("setting", "ayar"),
    "compare_marks": (
        "▲ best, ▼ worst, on the same held-out rows; in brackets the best baseline of that run.",
        "▲ en iyi, ▼ en kötü, aynı ayrılmış satırlarda; ayraç içinde o çalıştırmanın en iyi temel yöntemi.",
    ),
    "compare_no_marks": (
        "No best and worst: the runs were not judged on the same rows.",
        "En iyi ve en kötü yok: çalıştırmalar aynı satırlarda değerlendirilmedi.",
    ),
    "compare_same_config": ("Their configs do not differ.", "Ayarları aynı."),
    "pair.a_better": (
        "{a} is better than {b}: {metric} {difference}, interval {low} to {high} ({level}), {origins} compared.",
        "{a}, {b} karşısında daha iyi: {metric} {difference}, aralık {low} ile {high} ({level}), "
        "{origins} karşılaştırma.",
    ),
    "pair.b_better": (
        "{b} is better than {a}: {metric} of {a} {difference}, interval {low} to {high} ({level}), {origins} compared.",
        "{b}, {a} karşısında daha iyi: {a} için {metric} {difference}, aralık {low} ile {high} ({level}), "
        "{origins} karşılaştırma.",
    ),
    "pair.no_difference": (
        "{a} and {b} do not differ by more than noise: {metric} {difference}, interval {low} to {high} ({level}), "
        "{origins} compared.",
        "{a} ile {b} arasında gürültüyü aşan fark yok: {metric} {difference}, aralık {low} ile {high} ({level}), "
        "{origins} karşılaştırma.",
    ),
    "pair.too_few": (
        "Only {origins} can be compared, too few to tell {a} from {b}: {metric} {difference}.",
        "Yalnızca {origins} karşılaştırma var, {a} ile {b} ayırt edilemez: {metric} {difference}.",
    ),
    # states and phases
    "state.queued": ("queued", "sırada"),
    "state.running": ("running", "çalışıyor"),
    "state.succeeded": ("succeeded", "başarılı"),
    "state.failed": ("failed", "başarısız"),
    "state.cancelled": ("cancelled", "iptal edildi"),
    "state.quarantined": ("quarantined", "karantinada"),
    # how an attempt can end besides those
    "state.died": ("its process died", "süreci çöktü"),
    "state.transient": ("transient error", "geçici hata"),
    "state.interrupted": ("interrupted", "kesildi"),
    "state.drained": ("put back on shutdown", "kapanışta sıraya geri kondu"),
    "state.lost": ("lost", "kayıp"),
    "phase.kernels": ("compiling the engine's kernels, once", "motorun çekirdekleri bir kez derleniyor"),
    "phase.split": ("splitting the data", "veri bölünüyor"),
    "phase.fit": ("training", "eğitim"),
    "phase.fit_baselines": ("training the baselines", "temel yöntemler eğitiliyor"),
    "phase.hold_out": ("placing the test part", "test kümesi yerleştiriliyor"),
    "phase.predict": ("predicting the test part", "test kümesi tahmin ediliyor"),
    "phase.predict_baselines": ("predicting with the baselines", "temel yöntemlerle tahmin"),
    "phase.champion": ("predicting with the champion", "şampiyonla tahmin"),
    "phase.judge": ("judging", "değerlendirme"),
    "phase.refit": ("refitting on every row", "bütün satırlarla yeniden eğitim"),
    "phase.residuals": ("looking at the errors", "hatalara bakılıyor"),
    "phase.importance": ("weighing the inputs", "girdiler tartılıyor"),
    "phase.saliency": ("looking where it looks", "nereye baktığına bakılıyor"),
    "phase.read": ("asking the source", "kaynağa soruluyor"),
    "phase.cut": ("cutting the folds", "katlar ayrılıyor"),
    "phase.answer": ("the agent answers", "ajan yanıtlıyor"),
    # watching
    "left": ("{time} left", "{time} kaldı"),
    "per_second": ("{rate}/s", "{rate}/sn"),
    "attempt_n": ("attempt {attempt}", "{attempt}. deneme"),
    "rewound": (
        "Back to the checkpoint of step {step}; later points are computed again.",
        "{step}. adımın denetim noktasına dönüldü; sonraki noktalar yeniden hesaplanıyor.",
    ),
    "run_ended": ("Run {id} {state} after {time}.", "Çalıştırma {id}: {state}, süre {time}."),
    "run_queued": ("Run {id} ({name}) is queued.", "Çalıştırma {id} ({name}) sıraya alındı."),
    "watch_hint": ("Watch it: azuraforge runs watch {id}", "İzlemek için: azuraforge runs watch {id}"),
    "goes_on": (
        "The run goes on. Watch it: azuraforge runs watch {id} · stop it: azuraforge runs cancel {id}",
        "Çalıştırma sürüyor. İzlemek için: azuraforge runs watch {id} · durdurmak için: azuraforge runs cancel {id}",
    ),
    "goes_on_later": (
        "No platform stays up, so the run waits; it goes on from its last checkpoint as soon as `azuraforge up` runs.",
        "Açık kalan bir platform yok, çalıştırma bekliyor; `azuraforge up` çalışınca son denetim noktasından sürer.",
    ),
    "cancel_asked": ("Run {id} is being cancelled.", "Çalıştırma {id} iptal ediliyor."),
    "cancel_done": ("Run {id} is cancelled.", "Çalıştırma {id} iptal edildi."),
    "resume_asked": (
        "Run {id} is queued again and goes on from its newest checkpoint.",
        "Çalıştırma {id} yeniden sıraya alındı; en yeni denetim noktasından sürecek.",
    ),
    "resume_hint": ("azuraforge runs resume {id}", "azuraforge runs resume {id}"),
    "page": ("Page: {url}", "Sayfa: {url}"),
    "no_runs": (
        "No runs yet. Start one: azuraforge runs start --dataset NAME --wait",
        "Henüz çalıştırma yok. Başlatmak için: azuraforge runs start --dataset AD --wait",
    ),
    # verdict
    "contender": ("contender", "yarışan"),
    "seconds": ("fit", "eğitim süresi"),
    "interval_95": ("95 % interval", "%95 aralığı"),
    "class_title": (
        "{test} held-out [picture|pictures], learned from {train}",
        "{test} ayrılmış resim, {train} resimden öğrenildi",
    ),
    "class_caption": (
        "In parentheses: 95 % Wilson interval. ★ best by {metric}.",
        "Parantez içinde: %95 Wilson aralığı. ★ {metric} ölçütünde en iyi.",
    ),
    "evaluation_title_examples": (
        "{target} on the held-out part: {origins} [example|examples], learned from {train}",
        "{target}, ayrılmış bölümde: {origins} örnek, {train} örnekten öğrenildi",
    ),
    "evaluation_title": (
        "{target} on the held-out end: {origins} [origin|origins], {start} – {end}",
        "{target}, ayrılmış son satırlarda: {origins} tahmin başlangıcı, {start} – {end}",
    ),
    "evaluation_title_panel": (
        "{target} of {series} series on the held-out end: {origins} [origin|origins] in time, {start} – {end}",
        "{target}, {series} seri, ayrılmış son satırlarda: zamanda {origins} tahmin başlangıcı, {start} – {end}",
    ),
    "evaluation_caption": (
        "{metric} +h: h rows ahead{unit}. ★ best by {metric}.",
        "{metric} +h: h satır sonrası{unit}. ★ {metric} ölçütünde en iyi.",
    ),
    "intervals_title": (
        "Intervals of {name}: share of true values inside, overall and by horizon",
        "{name} aralıkları: içinde kalan gerçek değerlerin payı, tümünde ve ufka göre",
    ),
    "intervals_promised": ("promised", "hedef"),
    "intervals_held": ("held", "gerçekleşen"),
    "intervals_likely": ("95 % range", "%95 aralığı"),
    "evaluation_caption_crps": (
        "CRPS is approximated from the quantile levels.",
        "CRPS, dilim düzeylerinden yaklaşık hesaplanır.",
    ),
    "judged_horizon": (
        "Only {judged} of the {horizon} rows ahead are judged: the held-out part is too short for later ones. A horizon"
        " of {judged} is judged whole.",
        "Öndeki {horizon} satırın yalnızca {judged} tanesi değerlendirildi: ayrılmış bölüm sonrakiler için çok kısa."
        " {judged} satırlık ufkun tamamı değerlendirilir.",
    ),
    "guarded": (
        "Leakage guard: {tried} of {of} [prediction|predictions] tried, nothing found.",
        "Sızıntı denetimi: {of} tahminin {tried} tanesi sınandı, bir şey bulunmadı.",
    ),
    "member.owner": ("owner", "sahip"),
    "member.admin": ("admin", "yönetici"),
    "member.member": ("member", "üye"),
    "member.viewer": ("viewer", "izleyici"),
    "move.promote": ("promoted", "terfi"),
    "move.rollback": ("rolled back", "geri alma"),
    "move.gate": ("the gate", "kapı"),
    "role.candidate": ("candidate", "aday"),
    "role.baseline": ("baseline", "temel yöntem"),
    "role.champion": ("champion", "şampiyon"),
    "contender_failed": ("{name} could not take part: {reason}", "{name} katılamadı: {reason}"),
    "decision.promoted": ("PROMOTED: {champion} is champion.", "TERFİ ETTİ: {champion} artık şampiyon."),
    "decision.kept": ("NOT PROMOTED: {champion} stays champion.", "ADAY TERFİ ETMEDİ: {champion} şampiyon kalıyor."),
    "decision.incumbent_stays": (
        "NOT PROMOTED: it does not beat the present forecast ({champion}), which stays in use.",
        "ADAY TERFİ ETMEDİ: mevcut tahmini ({champion}) geçmiyor; o kullanımda kalıyor.",
    ),
    "decision.baseline_promoted": (
        "NOT PROMOTED: the baseline {champion} becomes champion.",
        "ADAY TERFİ ETMEDİ: temel yöntem {champion} şampiyon oluyor.",
    ),
    "decision.baseline_unproven": (
        "NOT PROMOTED: {candidate} ranks first but is not proven better; the baseline {champion} becomes champion.",
        "ADAY TERFİ ETMEDİ: {candidate} ilk sırada ama daha iyi olduğu kanıtlanmadı; temel yöntem {champion} şampiyon "
        "oluyor.",
    ),
    "decision.baseline_barred": (
        "NOT PROMOTED: {candidate} ranks first but does not meet the model's conditions; the baseline {champion} "
        "becomes champion.",
        "ADAY TERFİ ETMEDİ: {candidate} ilk sırada ama modelin koşullarını karşılamıyor; temel yöntem {champion} "
        "şampiyon oluyor.",
    ),
    "decision.withheld": (
        "WITHHELD: {approved}; its score may not be honest, so a person decides.",
        "BEKLETİLDİ: {approved}; puanı yanıltıcı olabilir, kararı bir kişi verir.",
    ),
    "decision.approved": (
        "APPROVED: {approved}; a person may promote it.",
        "ONAYLANDI: {approved}; bir kişi terfi ettirebilir.",
    ),
    "decision.until_then": ("Until then {champion} stays champion.", "O zamana dek şampiyon {champion}."),
    "decision.not_comparable": (
        "NOT COMPARABLE: {champion} stays champion; promote by hand if you want to.",
        "KARŞILAŞTIRILAMAZ: {champion} şampiyon kalıyor; isterseniz elle terfi ettirin.",
    ),
    "next_values": ("Next values of {target}{unit}, by {name}", "{target}{unit}: sıradaki değerler, {name}"),
    "next_values_of": (
        "Next values of {target}{unit}, series {series}, by {name}",
        "{target}{unit}, {series} serisi: sıradaki değerler, {name}",
    ),
    "next_values_more": (
        "{count} more series: azuraforge models predict NAME --all-series",
        "{count} seri daha: azuraforge models predict AD --all-series",
    ),
    "new_series": (
        "The version did not learn this series. It forecasts it by analogy with the series that it learned.",
        "Sürüm bu seriyi öğrenmedi; onu öğrendiği serilere benzeterek tahmin eder.",
    ),
    "no_width": (
        "The interval has no width because the known values never change. That does not make the next one certain.",
        "Bilinen değerler hiç değişmediği için aralığın genişliği yok. Bu, sonraki değeri kesin kılmaz.",
    ),
    "forecast_start": (
        "Forecast from version {version} of its dataset, up to the row of {origin}.",
        "Tahmin, veri kümesinin {version}. sürümünden, {origin} satırına kadar olan değerlerle yapıldı.",
    ),
    "forecast_start_moved": (
        "The model learned from version {version}; its parameters are those.",
        "Model {version}. sürümden öğrendi; parametreleri ondan kaldı.",
    ),
    "forecast_start_newer": (
        "Version {version} is newer but has another target or other columns; the model cannot forecast from it.",
        "{version}. sürüm daha yeni ama hedefi ya da sütunları başka; model ondan tahmin yapamaz.",
    ),
    "next_values_refitted": (
        "The forecaster was refitted on all rows after its verdict.",
        "Tahminci, değerlendirmeden sonra bütün satırlarla yeniden eğitildi.",
    ),
    "interval": ("{level} interval", "{level} aralığı"),
    "more_rows": ("… and {count} more", "… ve {count} satır daha"),
    "series": ("series", "seriler"),
    "series_refused": ("No forecast of series {series}: {why}.", "{series} serisi için tahmin yok: {why}."),
    "members_title": ("Members, {rule}", "Üyeler: {rule}"),
    "members_rule.weights": ("combined by weights", "ağırlıklı toplam"),
    "members_rule.median": ("the median of those with a weight", "ağırlığı olan üyelerin medyanı"),
    "members_rule.trimmed": (
        "weighted mean without the extremes of each value",
        "her değerde uçtakiler dışında ağırlıklı ortalama",
    ),
    "members_rule.other": ("combined", "birleşim"),
    "members_note": (
        "validation: {measure}. {metric} on the test set informs only; it chose and weighed nothing.",
        "doğrulama: {measure}. Test kümesindeki {metric} yalnız bilgi içindir; seçimde ve ağırlıkta kullanılmadı.",
    ),
    "member": ("member", "üye"),
    "weight": ("weight", "ağırlık"),
    "members_score": ("validation", "doğrulama"),
    "members_test": ("test {metric}", "test {metric}"),
    "members_whole": ("combined", "topluluk"),
    "member_left_out": ("Left out: {name}, {reason}.", "Dışarıda kaldı: {name}, {reason}."),
    "member_not_refitted": (
        "Not refitted: {name}, {reason}. Its evaluated predictor serves.",
        "Yeniden eğitilemedi: {name}, {reason}. Tahminlerde değerlendirilen hâli kullanılıyor.",
    ),
    "series_title": (
        "{shown} of {count} series, the worst first (MASE is each series' own; the overall one is their mean)",
        "{count} seriden {shown} tanesi, en kötüsü başta (MASE her serinin kendisinin; geneldeki bunların ortalaması)",
    ),
    "metric_of": ("{metric} of {name}", "{name} {metric}"),
    "incumbent_title": (
        "The present forecast in {column}, where it had said something by then; targets compared: {targets} of {of}",
        "{column} sütunundaki mevcut tahmin, o ana kadar bir şey söylemiş olduğu {targets}/{of} hedefte",
    ),
    "levels_title": (
        "By level: every level's forecasts add up. RMSE of the candidate, of the best baseline, of the candidate before"
        " its forecasts were reconciled, and of its series' forecasts added up",
        "Düzeye göre: her düzeyin tahminleri birbirini tutar. Adayın, en iyi temel yöntemin, uzlaştırılmadan önce"
        " adayın ve serilerinin toplanan tahminlerinin RMSE'si",
    ),
    "level": ("level", "düzey"),
    "levels_count": ("forecasts", "tahmin"),
    "levels_base": ("not reconciled", "uzlaştırılmadan"),
    "levels_bottom_up": ("added up", "toplanarak"),
    "series_left_out": (
        "Left out: {series}, {rows} [row|rows] in the {part} part, {needed} [is|are] needed",
        "Dışarıda bırakıldı: {series}, {part} kümesinde {rows} satır, {needed} gerekli",
    ),
    "series_left_out.constant": (
        "Left out: {series} never changes in the {part} part",
        "Dışarıda bırakıldı: {series}, {part} kümesinde hiç değişmiyor",
    ),
    "series_left_out.ended": (
        "Left out: {series} ended before the {part} part begins; learn it from a dataset of its own",
        "Dışarıda bırakıldı: {series}, {part} kümesi başlamadan sona ermiş; kendi veri kümesinden öğrenilebilir",
    ),
    "series_left_out.no_window": (
        "Left out: {series} has no whole window in the {part} part; too many rows were not measured",
        "Dışarıda bırakıldı: {series}, {part} kümesinde tam bir penceresi yok; çok fazla satır ölçülmemiş",
    ),
    "learned_part.train": ("training", "eğitim"),
    "learned_part.validation": ("validation", "doğrulama"),
    "learned_part.test": ("test", "test"),
    "not_recorded": (
        "These forecasts are hypothetical; none of them enters the ledger.",
        "Bu tahminler varsayımsaldır; hiçbiri deftere yazılmaz.",
    ),
    "no_scenario": (
        "--scenario {given}: write NAME: CHANGE, CHANGE with changes such as price*0.9, price+2 or price=9 9 8.5",
        "--scenario {given}: AD: DEĞİŞİKLİK, DEĞİŞİKLİK biçiminde yazın; örneğin price*0.9, price+2, price=9 9 8.5",
    ),
    "no_values": (
        "{option} {given}: write COLUMN=V1 V2 …, one value for each row to predict",
        "{option} {given}: SÜTUN=D1 D2 … biçiminde, tahmin edilecek her satır için bir değer yazın",
    ),
    "scenario_alone": (
        "--scenario asks about one series and is not recorded: it goes without --all-series, --continues and a second"
        " --series",
        "--scenario tek seriyi sorar ve kaydedilmez: --all-series, --continues ve ikinci bir --series ile kullanılmaz",
    ),
    "known_ahead_alone": (
        "--known-ahead belongs to --scenario; of an ordinary prediction the last rows of --rows hold such values",
        "--known-ahead, --scenario ile kullanılır; olağan tahminde bu değerler --rows dosyasının sonunda durur",
    ),
    "prediction_by": (
        "{model} v{version} ({plugin}), learned in run {run}",
        "{model} v{version} ({plugin}), öğrenildiği çalıştırma {run}",
    ),
}
