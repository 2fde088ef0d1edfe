"""Texts of judgements, in English and Turkish."""

from __future__ import annotations

from collections.abc import Mapping

#: key → (English, Turkish)
TEXTS: Mapping[str, tuple[str, str]] = {
    "baseline.naive": ("last value", "son değer"),
    "baseline.seasonal": ("seasonal naive", "mevsimsel naif"),
    "baseline.ets": ("ETS", "ETS"),
    "baseline.ridge": ("ridge", "ridge"),
    "baseline.incumbent": ("incumbent", "mevcut tahmin"),
    "baseline.majority": ("majority class", "çoğunluk sınıfı"),
    "baseline.frequency": ("class frequencies", "sınıf sıklıkları"),
    "measure.rmse": ("RMSE", "RMSE"),
    "measure.error_rate": ("error rate", "hata oranı"),
    "points": ("points", "puan"),
    "rival.best": ("the best baseline ({baseline})", "en iyi temel yöntemden ({baseline})"),
    "rival.incumbent": ("the incumbent", "mevcut tahminden"),
    "verdict.better": (
        "{model} is better than {rival}: {measure} {change}, {level} interval {low} to {high}.",
        "{model}, {rival} daha iyi: {measure} {change}, {level} güven aralığı {low} ile {high} arası.",
    ),
    "verdict.worse": (
        "{model} is worse than {rival}: {measure} {change}, {level} interval {low} to {high}.",
        "{model}, {rival} daha kötü: {measure} {change}, {level} güven aralığı {low} ile {high} arası.",
    ),
    "verdict.not_better": (
        "{model} is not shown to be better than {rival}: {measure} {change}, {level} interval "
        "{low} to {high} contains zero.",
        "{model} modelinin {rival} daha iyi olduğu gösterilemedi: {measure} {change}, "
        "{level} güven aralığı {low} ile {high} arası ve sıfırı içeriyor.",
    ),
    "verdict.not_yet_known.origins": (
        "Whether {model} is better than {rival} is not yet known: {origins} forecast "
        "[origin|origins], at least {needed} are needed. Measured so far: {measure} {change}.",
        "{model} {rival} daha iyi mi, henüz bilinmiyor: {origins} tahmin başlangıcı var, "
        "en az {needed} gerekli. Şimdilik ölçülen: {measure} {change}.",
    ),
    "verdict.not_yet_known.pieces": (
        "Whether {model} is better than {rival} is not yet known: the errors of {origins} "
        "forecast origins remember each other so long that they are worth {pieces} independent [one|ones], at least 3 "
        "are needed. Measured so far: {measure} {change}.",
        "{model} {rival} daha iyi mi, henüz bilinmiyor: {origins} tahmin başlangıcının "
        "hataları birbirine öyle bağlı ki yalnızca {pieces} bağımsız gözleme eşdeğer, en az 3 gerekli. "
        "Şimdilik ölçülen: {measure} {change}.",
    ),
    "verdict.not_yet_known.width": (
        "Whether {model} is better than {rival} is not yet known: {origins} forecast origins, "
        "worth about {pieces} independent [one|ones], are too few to bound the difference at a level of {level}. "
        "Measured so far: {measure} {change}.",
        "{model} {rival} daha iyi mi, henüz bilinmiyor: yaklaşık {pieces} bağımsız "
        "gözleme eşdeğer {origins} tahmin başlangıcı, {level} güven düzeyinde farkı sınırlamaya yetmiyor. Şimdilik "
        "ölçülen: {measure} {change}.",
    ),
    "verdict.not_yet_known.examples": (
        "Whether {model} is better than {rival} is not yet known: {origins} [example|examples], "
        "at least {needed} are needed. Measured so far: {measure} {change}.",
        "{model} {rival} daha iyi mi, henüz bilinmiyor: {origins} örnek var, en az "
        "{needed} gerekli. Şimdilik ölçülen: {measure} {change}.",
    ),
    "verdict.more": (
        "By estimate, about {more} more forecast [origin|origins] would decide a difference of this size.",
        "Kabaca {more} tahmin başlangıcı daha olsa bu büyüklükte bir fark gösterilebilirdi.",
    ),
    "verdict.more.examples": (
        "By estimate, about {more} more [example|examples] would decide a difference of this size.",
        "Kabaca {more} örnek daha olsa bu büyüklükte bir fark gösterilebilirdi.",
    ),
    "headline.suspected": (
        "{model} seems to know the outcome; do not rely on its score before the finding below is explained. {said}",
        "{model} sonucu önceden biliyor gibi görünüyor; aşağıdaki bulgu açıklanmadan puanına güvenmeyin. {said}",
    ),
    "finding.suspected.equal": (
        "{model}: {share} of {count} predictions equal the actual value exactly. A forecast of a varied value does not "
        "do that; the column may hold the actual values or a fit to them.",
        "{model}: {count} tahminin {share} kadarı gerçekleşen değere birebir eşit. Değişken bir değerin tahmini bunu "
        "yapamaz; sütun gerçekleşen değerleri ya da onlara uydurulmuş değerleri taşıyor olabilir.",
    ),
    "finding.suspected.shifted.later": (
        "{model}: each prediction follows the actual value of {shift} [row|rows] after its target ({share} explained, "
        "{count} predictions). The rows may be shifted, and the predictions know the future.",
        "{model}: her tahmin, hedefinden {shift} satır sonraki gerçekleşen değeri izliyor ({count} tahminde {share} "
        "açıklanıyor). Satırlar kaymış olabilir ve tahminler geleceği biliyor.",
    ),
    "finding.suspected.shifted.earlier": (
        "{model}: each prediction follows the actual value of {shift} [row|rows] before its target, {after} [row|rows] "
        "after its stated origin ({share} explained, {count} predictions). Either it was made later than stated, or it "
        "knows values that came after its origin.",
        "{model}: her tahmin, hedefinden {shift} satır önceki, yani belirtilen başlangıçtan {after} satır sonraki "
        "gerçekleşen değeri izliyor ({count} tahminde {share} açıklanıyor). Ya belirtilenden daha geç yapılmış ya da "
        "başlangıcından sonraki değerleri biliyor.",
    ),
    "finding.suspected.later_values": (
        "{model}: seen as a column of what was said at each origin, {column}. Forecasts made {ahead} [row|rows] ahead "
        "do not do that, unless a source outside the series told them in time.",
        "{model}: her başlangıçta söylenen değerlerin sütunu olarak bakıldığında {column}. {ahead} satır önceden "
        "yapılan tahminler, serinin dışındaki bir kaynak zamanında bildirmedikçe bunu yapamaz.",
    ),
    "finding.suspected.news": (
        "{model}: the predictions explain {share} of what neither the past nor any baseline explains in the actual "
        "values ({count} predictions). Unless a source outside the series told them in time, they know the outcome.",
        "{model}: tahminler, gerçekleşen değerlerde geçmişin ve temel yöntemlerin açıklamadığının {share} kadarını "
        "açıklıyor ({count} tahmin). Serinin dışındaki bir kaynak zamanında bildirmedikçe sonucu biliyorlar demektir.",
    ),
    "finding.suspected.noisy": (
        "{model}: the predictions look like the actual values with noise added. They explain {share} of what neither "
        "the past nor any baseline explains ({count} predictions), and their errors have nothing to do with it, "
        "whereas an honest forecast misses a part of every surprise.",
        "{model}: tahminler, gürültü eklenmiş gerçekleşen değerlere benziyor. Geçmişin ve temel yöntemlerin "
        "açıklamadığının {share} kadarını açıklıyorlar ({count} tahmin) ve hataları bununla ilişkisiz; oysa dürüst bir "
        "tahmin her sürprizin bir bölümünü kaçırır.",
    ),
    "finding.suspected.classes": (
        "{model}: all {count} answers are right. The column may be a copy of the labels.",
        "{model}: {count} yanıtın tümü doğru. Sütun etiketlerin kopyası olabilir.",
    ),
    "finding.copies": (
        "{model} says practically the same as the baseline {baseline}: the two differ by {share} of the baseline's "
        "error.",
        "{model}, {baseline} temel yöntemiyle neredeyse aynı şeyi söylüyor: aralarındaki fark, temel yöntemin "
        "hatasının {share} kadarı.",
    ),
    "finding.copies_last": (
        "{model} mostly repeats the last known value: it stays within {share} of the change that came, and explains "
        "nothing of that change. On a chart this looks like the actual values shifted to the right.",
        "{model} çoğunlukla bilinen son değeri yineliyor: ondan uzaklığı, gerçekleşen değişimin {share} kadarı ve bu "
        "değişimin hiçbir bölümünü açıklamıyor. Grafikte bu, gerçekleşen değerlerin sağa kaymış hâli gibi görünür.",
    ),
    "finding.too_narrow": (
        "{model}: the intervals state {stated} and hold {held} of the actual values (95 % interval {low} to {high}): "
        "they are too narrow.",
        "{model}: aralıklar {stated} diyor ama gerçekleşen değerlerin {held} kadarını içeriyor (%95 güven aralığı "
        "{low} ile {high} arası): fazla dar.",
    ),
    "finding.too_wide": (
        "{model}: the intervals state {stated} and hold {held} of the actual values (95 % interval {low} to {high}): "
        "they are wider than they need to be.",
        "{model}: aralıklar {stated} diyor ama gerçekleşen değerlerin {held} kadarını içeriyor (%95 güven aralığı "
        "{low} ile {high} arası): gereğinden geniş.",
    ),
    "finding.rows_without_prediction": (
        "{count} [row|rows] between the first and the last prediction [has|have] none and [is|are] not judged. A score "
        "over chosen rows can flatter.",
        "İlk ve son tahmin arasındaki {count} satırda tahmin yok, bunlar değerlendirilmedi. Seçilmiş satırların puanı "
        "olduğundan iyi görünebilir.",
    ),
    "finding.without_actual": (
        "{count} [prediction has|predictions have] no actual value and [is|are] not judged.",
        "{count} tahminin gerçekleşen değeri yok, bunlar değerlendirilmedi.",
    ),
    "finding.rows_learned": (
        "Not judged: {count} [prediction|predictions] of values that the version had learned.",
        "Sürümün öğrendiği değerlere ait {count} tahmin değerlendirilmedi.",
    ),
    "finding.without_incumbent": (
        "Not judged: {count} [prediction|predictions] of rows of which the incumbent says nothing. A score over chosen "
        "rows can flatter.",
        "Mevcut tahminin bulunmadığı satırlara ait {count} tahmin değerlendirilmedi. Seçilmiş satırların puanı "
        "olduğundan iyi görünebilir.",
    ),
    "finding.warm_up": (
        "Not judged: the first {count} of {of} predictions. Their actual values are the history that the baselines "
        "learn from. Name earlier values with --history to have them judged, too.",
        "{of} tahminin ilk {count} tanesi değerlendirilmedi: onların gerçekleşen değerleri, temel yöntemlerin "
        "öğrendiği geçmiş. Bunların da değerlendirilmesi için daha eski değerleri --history ile verin.",
    ),
    "finding.one_horizon": (
        "Each prediction is taken as made {count} [row|rows] before its target. Say otherwise with --horizon or with a "
        "column 'origin' or 'horizon'.",
        "Her tahminin hedefinden {count} satır önce yapıldığı varsayıldı. Başka türlüyse --horizon ile ya da 'origin' "
        "veya 'horizon' sütunuyla belirtin.",
    ),
    "finding.few_for_news": (
        "{count} [prediction has|predictions have] a whole past to compare with; a leak under noise is looked for from"
        " {needed} on.",
        "Karşılaştırılacak bütün bir geçmişi olan tahmin sayısı {count}; gürültü altındaki sızıntı ancak {needed}"
        " tahminden sonra aranır.",
    ),
    "finding.rows_added": (
        "{count} [row is|rows are] missing from the regular series and [counts|count] as unknown.",
        "Düzenli seride {count} satır eksik, bunlar bilinmiyor sayıldı.",
    ),
    "finding.nothing_learned": (
        "The baselines that were made have nothing to learn; at each origin they repeat an earlier row.",
        "Hesaplanan temel yöntemlerin öğrenecek parametresi yok; her başlangıçta önceki bir satırı yinelerler.",
    ),
    "finding.history_once": (
        "The baselines that learn did so from {count} known rows; at each origin they use earlier rows only.",
        "Öğrenen temel yöntemler bilinen {count} satırdan öğrendi; her başlangıçta yalnız önceki satırları "
        "kullanırlar.",
    ),
    "finding.history": (
        "The baselines that learn did so from {count} known rows first, and again as the known rows grew; at each "
        "origin they use earlier rows only.",
        "Öğrenen temel yöntemler önce bilinen {count} satırdan, bilinen satırlar arttıkça da yeniden öğrendi; her "
        "başlangıçta yalnız önceki satırları kullanırlar.",
    ),
    "finding.tried": (
        "The level of the intervals ({level}) allows for {count} models tried.",
        "Aralıkların güven düzeyi ({level}) denenen {count} modeli hesaba katıyor.",
    ),
    "finding.overlap": (
        "Up to {overlap} of the {count} origins look at the same targets; the interval allows for it.",
        "{count} başlangıcın en çok {overlap} tanesi aynı hedeflere bakıyor; güven aralığı bunu hesaba katıyor.",
    ),
    "finding.ignored": ("Columns that were not used: {columns}.", "Kullanılmayan sütunlar: {columns}."),
    "finding.lacking": (
        "The probabilities are not used: these classes have no column of them: {classes}.",
        "Olasılıklar kullanılmadı, şu sınıfların olasılık sütunu yok: {classes}.",
    ),
    "finding.class_baselines": (
        "The baselines know the frequencies of the judged labels themselves, which favours them a little. Name "
        "training labels with --history to have them learned from those.",
        "Temel yöntemler, değerlendirilen etiketlerin kendi sıklıklarını biliyor; bu onları biraz kayırır. Sıklıkların "
        "eğitim etiketlerinden öğrenilmesi için onları --history ile verin.",
    ),
    "finding.class_history": (
        "The baselines learned the class frequencies from {count} [label|labels] of the history.",
        "Temel yöntemler sınıf sıklıklarını geçmişteki {count} etiketten öğrendi.",
    ),
    "finding.independent": (
        "Examples count as independent of one another. Several rows about one object make the interval too narrow.",
        "Örnekler birbirinden bağımsız sayıldı. Aynı nesneye ait birden çok satır, güven aralığını olduğundan dar "
        "gösterir.",
    ),
    "finding.log_loss": (
        "{model}: log loss {mine}, the class frequencies {theirs}; difference {change}, {level} interval {low} to "
        "{high}.",
        "{model}: log kaybı {mine}, sınıf sıklıklarının {theirs}; fark {change}, {level} güven aralığı {low} ile "
        "{high} arası.",
    ),
    "left_out.no_season": (
        "{baseline}: the series has no season. State one with --season.",
        "{baseline}: serinin mevsimi yok. Varsa --season ile belirtin.",
    ),
    "left_out.long_season": (
        "{baseline}: the season is too long.",
        "{baseline}: mevsim fazla uzun.",
    ),
    "left_out.short_history": (
        "{baseline}: it needs {needed} known [row|rows] before the first prediction, and the files hold {known}. Name "
        "earlier values with --history.",
        "{baseline}: ilk tahminden önce bilinen {needed} satır gerekiyor, dosyalarda {known} var. Daha eski değerleri "
        "--history ile verin.",
    ),
    "left_out.failed": (
        "{baseline}: it could not be learned: {problem}.",
        "{baseline}: öğrenilemedi: {problem}.",
    ),
    "title": ("Judgement of {file}", "{file} değerlendirmesi"),
    "scores": ("Scores on the same rows", "Aynı satırlardaki puanlar"),
    "name": ("model or baseline", "model ya da temel yöntem"),
    "role.model": ("model", "model"),
    "role.baseline": ("baseline", "temel yöntem"),
    "versus": ("RMSE against the best baseline, interval", "en iyi temel yönteme göre RMSE, güven aralığı"),
    "versus.classes": (
        "error rate against the best baseline, interval",
        "en iyi temel yönteme göre hata oranı, güven aralığı",
    ),
    "legend": (
        "skill: 1 − RMSE ÷ RMSE of the best baseline. MASE: mean absolute error ÷ that of the seasonal naive forecast "
        "on the history. Coverage: share of actual values inside the {stated} interval, with its 95 % interval.",
        "beceri: 1 − RMSE ÷ en iyi temel yöntemin RMSE'si. MASE: ortalama mutlak hata ÷ mevsimsel naif tahminin "
        "geçmişteki hatası. Kapsama: gerçekleşen değerlerin {stated} aralık içindeki payı, %95 güven aralığıyla.",
    ),
    "legend.classes": (
        "Accuracy with its 95 % interval. Log loss: mean of −log of the probability given to the truth. ECE: mean "
        "distance of confidence and accuracy.",
        "Doğruluk, %95 güven aralığıyla. Log kaybı: doğru sınıfa verilen olasılığın −log ortalaması. ECE: güven ile "
        "doğruluğun ortalama uzaklığı.",
    ),
    "lead_in": (
        "{predictions} predictions from {start} to {end}, {horizons}; level of the intervals {level}.",
        "{start} ile {end} arası {predictions} tahmin, {horizons}; aralıkların güven düzeyi {level}.",
    ),
    "lead_in.classes": (
        "{predictions} examples; level of the intervals {level}.",
        "{predictions} örnek; aralıkların güven düzeyi {level}.",
    ),
    "horizon.one": ("{first} [row|rows] ahead", "{first} satır önceden"),
    "horizon.many": ("{first} to {last} rows ahead", "{first} ile {last} satır arası önceden"),
    "findings": ("Findings", "Bulgular"),
    "left_out": ("Baselines left out", "Hesaplanmayan temel yöntemler"),
    "left_out.one": ("baseline left out", "hesaplanmayan temel yöntem"),
    "severity.suspicion": ("suspicion", "şüphe"),
    "severity.warning": ("warning", "uyarı"),
    "severity.note": ("note", "not"),
    "notes": ("How it was judged", "Nasıl değerlendirildi"),
    "chart.forest": ("Difference to the best baseline", "En iyi temel yönteme göre fark"),
    "chart.forest.note": (
        "Left of zero is better. An interval that contains zero shows no difference beyond noise.",
        "Sıfırın solu daha iyidir. Sıfırı içeren bir aralık, gürültüyü aşan fark göstermez.",
    ),
    "chart.omitted": (
        "Not drawn, as they have a larger RMSE: {models}.",
        "RMSE'si daha büyük olduğu için çizilmeyenler: {models}.",
    ),
    "chart.sample": ("Predictions and actual values", "Tahminler ve gerçekleşen değerler"),
    "chart.sample.note": (
        "The last {count} judged predictions made {ahead} [row|rows] ahead.",
        "{ahead} satır önceden yapılmış, değerlendirilen son {count} tahmin.",
    ),
    "chart.lead": (
        "Lead over the best baseline in the course of time",
        "En iyi temel yönteme göre zaman içindeki üstünlük",
    ),
    "chart.lead.note": (
        "Running sum of the baseline's squared errors less the model's, as a share of the baseline's total. A steady "
        "rise is a steady lead; one jump means that a single stretch decides.",
        "Temel yöntemin karesel hatalarından modelinkilerin farkının birikimli toplamı, temel yöntemin toplamına "
        "oranla. Sürekli artış sürekli üstünlüktür; tek bir sıçrama, sonucu kısa bir dönemin belirlediğini gösterir.",
    ),
    "chart.horizon": ("Error by horizon", "Ufka göre hata"),
    "chart.horizon.note": ("RMSE over the rows ahead.", "Kaç satır önceden yapıldığına göre RMSE."),
    "chart.reliability": ("Reliability", "Güvenilirlik"),
    "chart.reliability.note": (
        "Confidence of the answers and the share that was right. On the diagonal, both agree.",
        "Yanıtların güveni ile doğru olanların payı. Köşegende ikisi birbirine eşittir.",
    ),
    "actual": ("actual", "gerçekleşen"),
    "interval": ("interval", "aralık"),
    "horizon": ("horizon", "ufuk"),
    "count": ("predictions", "tahmin"),
    "classes": ("By class", "Sınıflara göre"),
    "class": ("class", "sınıf"),
    "support": ("examples", "örnek"),
    "precision": ("precision", "kesinlik"),
    "recall": ("recall", "duyarlılık"),
    "f1": ("F1", "F1"),
    "how": (
        "Made by AzuraForge {version}. The intervals follow the same rule as the platform's gate: paired losses on the "
        "same rows, allowing for errors that remember each other and for the number of models tried.",
        "AzuraForge {version} ile hazırlandı. Güven aralıkları platformun kapısıyla aynı kurala uyar: aynı satırlarda "
        "eşleştirilmiş kayıplar, hataların birbirine bağlılığı ve denenen model sayısı hesaba katılarak.",
    ),
}
