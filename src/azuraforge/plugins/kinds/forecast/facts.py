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
        "en": "1 − RMSE ÷ RMSE of the best baseline; above zero beats it.",
        "tr": "1 − RMSE ÷ en iyi temel yöntemin RMSE'si; sıfırın üstü onu geçer.",
    },
    direction="higher",
    format="signed_share",
)
COVERAGE = MetricFacts(
    name="coverage",
    title={"en": "coverage", "tr": "kapsama"},
    hint={
        "en": "Share of actual values inside the interval; best near the interval's own level.",
        "tr": "Gerçekleşen değerlerin aralık içinde kalan payı; en iyisi aralığın kendi düzeyine yakın olmasıdır.",
    },
    direction="none",
    format="share",
)
MASE = MetricFacts(
    name="mase",
    title={"en": "MASE", "tr": "MASE"},
    hint={
        "en": "Mean absolute error, divided by that of the seasonal naive forecast on the training part; below 1 is"
        " better than it.",
        "tr": "Ortalama mutlak hatanın, mevsimsel naif tahminin eğitim kümesindeki hatasına oranı; 1'in altı ondan"
        " iyidir.",
    },
    direction="lower",
    digits=3,
)
RMSSE = MetricFacts(
    name="rmsse",
    title={"en": "RMSSE", "tr": "RMSSE"},
    hint={
        "en": "Root of the mean squared error, divided by the size of the training part's steps from row to row; of"
        " several series the mean. Series with many zeros are compared by it.",
        "tr": "Ortalama karesel hatanın, eğitim parçasında satırdan satıra adımların büyüklüğüne bölünmüş karekökü;"
        " birden çok seride ortalaması. Sıfırı çok seriler bununla karşılaştırılır.",
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
        "en": "Mean pinball loss over the forecast's quantile levels, divided by the training part's mean step from row"
        " to row; of several series the mean. Lower is better.",
        "tr": "Tahminin yüzdelik düzeylerindeki ortalama pinball kaybı, eğitim parçasında satırdan satıra ortalama"
        " adıma bölünür; birden çok seride ortalaması. Düşük olan iyidir.",
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
        "en": "Share of the variance that is explained; higher is better. Near 1 means little where the naive forecast"
        " is there too.",
        "tr": "Açıklanan varyans payı; yüksek olan iyidir. Naif tahmin de 1'e yakınsa pek bir şey söylemez.",
    },
    direction="higher",
    digits=3,
)
R2_CHANGE = MetricFacts(
    name="r2_change",
    title={"en": "R² Δ", "tr": "R² Δ"},
    hint={
        "en": "R² of the change since the origin; above zero is what repeating the last value does not explain. On"
        " prices only this R² means something.",
        "tr": "Başlangıç anından bu yana değişimin R²'si; sıfırın üstü, son değeri yinelemenin açıklamadığıdır."
        " Fiyatlarda yalnız bu R² anlamlıdır.",
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
        "tr": "Sürekli sıralı olasılık puanı; tahminin yüzdelik düzeylerindeki ortalama pinball kaybının iki katı"
        " olarak yaklaşık hesaplanır; düşük olan iyidir.",
    },
    direction="lower",
    unit="target",
    detail="more",
)
SMAPE = MetricFacts(
    name="smape",
    title={"en": "sMAPE", "tr": "sMAPE"},
    hint={
        "en": "Symmetric mean absolute percentage error; lower is better. Not stated where many values are zero.",
        "tr": "Simetrik ortalama mutlak yüzde hata; düşük olan iyidir. Sıfırların çok olduğu serilerde belirtilmez.",
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
        "en": "Mean width of the interval; narrower is better only where the coverage holds.",
        "tr": "Aralığın ortalama genişliği; darlık ancak kapsama tutuyorsa iyidir.",
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
