"""Metrics, slices and explanations of the task kind "classify"."""

from __future__ import annotations

from azuraforge.plugins.contract.judging import Explanation, SliceKey
from azuraforge.plugins.contract.metric import MetricFacts, Pairing

ACCURACY = MetricFacts(
    name="accuracy",
    title={"en": "accuracy", "tr": "doğruluk"},
    hint={"en": "Share of images that are classified correctly.", "tr": "Doğru sınıflandırılan görüntülerin payı."},
    direction="higher",
    format="share",
    digits=2,
)
SKILL = MetricFacts(
    name="skill",
    title={"en": "skill", "tr": "beceri"},
    hint={
        "en": "1 − error rate ÷ error rate of the best baseline; above zero, the model is better than the baseline.",
        "tr": "1 − hata oranı ÷ en iyi temel yöntemin hata oranı; sıfırın üstünde model temel yöntemden iyidir.",
    },
    direction="higher",
    format="signed_share",
)
ERROR_RATE = MetricFacts(
    name="error_rate",
    title={"en": "error rate", "tr": "hata oranı"},
    hint={"en": "Share of images that are misclassified.", "tr": "Yanlış sınıflandırılan görüntülerin payı."},
    direction="lower",
    format="share",
    digits=2,
    pairing=Pairing(rows="examples", binary=True),
)
LOG_LOSS = MetricFacts(
    name="log_loss",
    title={"en": "log loss", "tr": "log kaybı"},
    hint={
        "en": "Mean of −log of the probability of the true class; lower is better.",
        "tr": "Doğru sınıfa verilen olasılığın −log ortalaması; düşük olan iyidir.",
    },
    direction="lower",
    digits=4,
    pairing=Pairing(rows="examples"),
)
ECE = MetricFacts(
    name="ece",
    title={"en": "ECE", "tr": "ECE"},
    hint={
        "en": "Expected calibration error: mean difference between confidence and accuracy; lower is better.",
        "tr": "Beklenen kalibrasyon hatası: güven ile doğruluk arasındaki ortalama fark; düşük olan iyidir.",
    },
    direction="lower",
    format="share",
    digits=2,
)
MACRO_F1 = MetricFacts(
    name="macro_f1",
    title={"en": "macro F1", "tr": "makro F1"},
    hint={"en": "Mean of the classes' F1; higher is better.", "tr": "Sınıfların F1 ortalaması; yüksek olan iyidir."},
    direction="higher",
    format="share",
    digits=2,
)
ACCURACY_LOW = MetricFacts(
    name="accuracy_low",
    title={"en": "accuracy, lower bound", "tr": "doğruluk, alt sınır"},
    hint={"en": "Lower bound of the 95 % Wilson interval.", "tr": "%95 Wilson güven aralığının alt sınırı."},
    direction="higher",
    format="share",
    digits=2,
    detail="hidden",
)
ACCURACY_HIGH = MetricFacts(
    name="accuracy_high",
    title={"en": "accuracy, upper bound", "tr": "doğruluk, üst sınır"},
    hint={"en": "Upper bound of the 95 % Wilson interval.", "tr": "%95 Wilson güven aralığının üst sınırı."},
    direction="higher",
    format="share",
    digits=2,
    detail="hidden",
)
ECE_UNCALIBRATED = MetricFacts(
    name="ece_uncalibrated",
    title={"en": "ECE before calibration", "tr": "kalibrasyondan önce ECE"},
    direction="lower",
    format="share",
    digits=2,
    detail="hidden",
)

METRICS = (
    ACCURACY,
    SKILL,
    LOG_LOSS,
    ECE,
    MACRO_F1,
    ERROR_RATE,
    ACCURACY_LOW,
    ACCURACY_HIGH,
    ECE_UNCALIBRATED,
)

SLICES = (SliceKey(name="class", title={"en": "class", "tr": "sınıf"}),)

SALIENCY = Explanation(
    name="saliency",
    problem={
        "en": "The regions that the classifier uses could not be computed: {problem}",
        "tr": "Sınıflandırıcının dayandığı bölgeler hesaplanamadı: {problem}",
    },
)
