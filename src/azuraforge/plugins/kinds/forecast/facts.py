"""Metrics, slices and explanations of the task kind "forecast"."""

from __future__ import annotations

from azuraforge.plugins.contract.judging import Explanation, SliceKey
from azuraforge.plugins.contract.metric import MetricFacts, Pairing

RMSE = MetricFacts(
    name="rmse",
    title={"en": "RMSE", "tr": "RMSE"},
    hint={
        "en": "Root of the mean squared error; lower is better.",
        "tr": "Ortalama karesel hatanın karekökü; düşük olan iyidir.",
    },
    direction="lower",
    unit="target",
    pairing=Pairing(rows="origins", mean="root"),
)
SKILL = MetricFacts(
    name="skill",
    title={"en": "skill", "tr": "beceri"},
    hint={
        "en": "1 − RMSE ÷ RMSE of the best baseline; above zero, the model is better than the baseline.",
        "tr": "1 − RMSE ÷ en iyi temel yöntemin RMSE'si; sıfırın üstünde model temel yöntemden iyidir.",
    },
    direction="higher",
    format="signed_share",
)
COVERAGE = MetricFacts(
    name="coverage",
    title={"en": "coverage", "tr": "kapsama"},
    hint={
        "en": "Share of actual values inside the interval; the closer to the interval's own level, the better.",
        "tr": "Gerçekleşen değerlerin aralık içinde kalan payı; aralığın kendi düzeyine ne kadar yakınsa o kadar "
        "iyidir.",
    },
    direction="none",
    format="share",
)
MASE = MetricFacts(
    name="mase",
    title={"en": "MASE", "tr": "MASE"},
    hint={
        "en": "Mean absolute error, divided by that of the seasonal naive forecast on the training set; below 1 is"
        " better than that forecast.",
        "tr": "Ortalama mutlak hatanın, mevsimsel naif tahminin eğitim kümesindeki hatasına oranı; 1'in altındaki"
        " değerler naif tahminden iyidir.",
    },
    direction="lower",
    digits=3,
)
RMSSE = MetricFacts(
    name="rmsse",
    title={"en": "RMSSE", "tr": "RMSSE"},
    hint={
        "en": "Root of the mean squared error, divided by the typical change from row to row in the training set; "
        "for several series, their mean. Series with many zeros are compared by this metric.",
        "tr": "Ortalama karesel hatanın karekökünün, eğitim kümesinde satırdan satıra değişimin büyüklüğüne oranı;"
        " birden çok seride bunların ortalaması. Çok sayıda sıfır içeren seriler bu metrikle karşılaştırılır.",
    },
    direction="lower",
    digits=3,
    detail="more",
    pairing=Pairing(rows="origins", mean="root"),
)
SCALED_PINBALL = MetricFacts(
    name="scaled_pinball",
    title={"en": "scaled pinball", "tr": "ölçekli pinball"},
    hint={
        "en": "Mean pinball loss over the forecast's quantile levels, divided by the mean change from row to row in the"
        " training set; for several series, their mean. Lower is better.",
        "tr": "Tahminin kantil düzeylerindeki ortalama pinball kaybının, eğitim kümesinde satırdan satıra ortalama "
        "değişime oranı; birden çok seride bunların ortalaması. Düşük olan iyidir.",
    },
    direction="lower",
    digits=3,
    detail="more",
    pairing=Pairing(rows="origins"),
)
R2 = MetricFacts(
    name="r2",
    title={"en": "R²", "tr": "R²"},
    hint={
        "en": "Share of the variance that is explained; higher is better. A value near 1 means little if the naive"
        " forecast reaches it too.",
        "tr": "Açıklanan varyans payı; yüksek olan iyidir. Naif tahmin de 1'e yaklaşıyorsa 1'e yakın bir değer pek bir"
        " şey söylemez.",
    },
    direction="higher",
    digits=3,
)
R2_CHANGE = MetricFacts(
    name="r2_change",
    title={"en": "R² Δ", "tr": "R² Δ"},
    hint={
        "en": "R² of the change since the origin; a value above zero shows skill beyond repeating the last value. For"
        " prices, only this R² is meaningful.",
        "tr": "Başlangıçtan bu yana olan değişimin R²'si; sıfırın üstündeki değer, son değeri yinelemekten öte bir"
        " beceriyi gösterir. Fiyatlarda yalnızca bu R² anlamlıdır.",
    },
    direction="higher",
    digits=3,
    detail="more",
)
MAE = MetricFacts(
    name="mae",
    title={"en": "MAE", "tr": "MAE"},
    hint={"en": "Mean absolute error; lower is better.", "tr": "Ortalama mutlak hata; düşük olan iyidir."},
    direction="lower",
    unit="target",
    pairing=Pairing(rows="origins"),
)
CRPS = MetricFacts(
    name="crps",
    title={"en": "CRPS", "tr": "CRPS"},
    hint={
        "en": "Continuous ranked probability score, approximated as twice the mean pinball loss of the forecast's"
        " quantile levels; lower is better.",
        "tr": "Sürekli sıralı olasılık puanı; tahminin kantil düzeylerindeki ortalama pinball kaybının iki katı "
        "olarak yaklaşık hesaplanır; düşük olan iyidir.",
    },
    direction="lower",
    unit="target",
    detail="more",
)
SMAPE = MetricFacts(
    name="smape",
    title={"en": "sMAPE", "tr": "sMAPE"},
    hint={
        "en": "Symmetric mean absolute percentage error; lower is better. Not computed if many values are zero.",
        "tr": "Simetrik ortalama mutlak yüzde hata; düşük olan iyidir. Çok sayıda sıfır içeren serilerde hesaplanmaz.",
    },
    direction="lower",
    format="percent",
    digits=2,
    detail="more",
)
WIDTH = MetricFacts(
    name="width",
    title={"en": "interval width", "tr": "aralık genişliği"},
    hint={
        "en": "Mean width of the interval; narrower is better only if the coverage is as promised.",
        "tr": "Aralığın ortalama genişliği; dar olması ancak kapsama yeterliyse iyidir.",
    },
    direction="none",
    unit="target",
    detail="full",
)

METRICS = (RMSE, SKILL, COVERAGE, MASE, R2, R2_CHANGE, MAE, RMSSE, CRPS, SCALED_PINBALL, SMAPE, WIDTH)

SLICES = (
    SliceKey(name="horizon", title={"en": "horizon", "tr": "ufuk"}),
    SliceKey(name="hour", title={"en": "hour", "tr": "saat"}),
    SliceKey(name="weekday", title={"en": "weekday (1 is Monday)", "tr": "haftanın günü (1 pazartesi)"}),
    SliceKey(name="month", title={"en": "month", "tr": "ay"}),
)

RESIDUALS = Explanation(
    name="residuals",
    problem={"en": "The residuals could not be drawn: {problem}", "tr": "Artıklar çizilemedi: {problem}"},
    app_code=False,
)
IMPORTANCE = Explanation(
    name="importance",
    problem={
        "en": "The importance of the inputs could not be computed: {problem}",
        "tr": "Girdilerin önemi hesaplanamadı: {problem}",
    },
)
