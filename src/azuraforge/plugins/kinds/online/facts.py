"""Metrics of the task kinds of learners."""

from __future__ import annotations

from azuraforge.plugins.contract.metric import MetricFacts, Pairing

ACCURACY = MetricFacts(
    name="accuracy",
    title={"en": "accuracy", "tr": "doğruluk"},
    hint={
        "en": "Share of judged answers that were right.",
        "tr": "Değerlendirilen yanıtlardan doğru çıkanların payı.",
    },
    direction="higher",
    format="share",
    digits=2,
)
ERROR_RATE = MetricFacts(
    name="error_rate",
    title={"en": "error rate", "tr": "hata oranı"},
    hint={
        "en": "Share of judged answers that were wrong.",
        "tr": "Değerlendirilen yanıtlardan yanlış çıkanların payı.",
    },
    direction="lower",
    format="share",
    digits=2,
    pairing=Pairing(rows="origins", binary=True),
)
PRECISION = MetricFacts(
    name="precision",
    title={"en": "precision", "tr": "kesinlik"},
    hint={
        "en": "Share of right answers among those that name the class; with several classes, the mean over them.",
        "tr": "Sınıfı söyleyen yanıtlardan doğru çıkanların payı; birden çok sınıfta, sınıfların ortalaması.",
    },
    direction="higher",
    format="share",
    digits=2,
    detail="more",
)
RECALL = MetricFacts(
    name="recall",
    title={"en": "recall", "tr": "duyarlılık"},
    hint={
        "en": "Share of the outcomes of the class that were answered; with several classes, the mean over them.",
        "tr": "Sınıfın gerçekleştiği durumlardan bilinenlerin payı; birden çok sınıfta, sınıfların ortalaması.",
    },
    direction="higher",
    format="share",
    digits=2,
    detail="more",
)
LOG_LOSS = MetricFacts(
    name="log_loss",
    title={"en": "log loss", "tr": "log kaybı"},
    hint={
        "en": "Mean of −log of the probability of the outcome, at most 27.6; lower is better.",
        "tr": "Gerçekleşen sonuca verilen olasılığın −log ortalaması, en çok 27,6; düşük olan iyidir.",
    },
    direction="lower",
    digits=4,
    detail="more",
    pairing=Pairing(rows="origins"),
)
BRIER = MetricFacts(
    name="brier",
    title={"en": "Brier score", "tr": "Brier skoru"},
    hint={
        "en": "Mean squared error of the probabilities, from 0 to 1; lower is better.",
        "tr": "Olasılıkların karesel hata ortalaması, 0 ile 1 arasında; düşük olan iyidir.",
    },
    direction="lower",
    digits=4,
    detail="more",
    pairing=Pairing(rows="origins"),
)
MAE = MetricFacts(
    name="mae",
    title={"en": "MAE", "tr": "MAE"},
    hint={"en": "Mean absolute error.", "tr": "Mutlak hataların ortalaması."},
    direction="lower",
    unit="target",
    pairing=Pairing(rows="origins"),
)
RMSE = MetricFacts(
    name="rmse",
    title={"en": "RMSE", "tr": "RMSE"},
    hint={"en": "Square root of the mean squared error.", "tr": "Hata karelerinin ortalamasının karekökü."},
    direction="lower",
    unit="target",
    detail="more",
    pairing=Pairing(rows="origins", mean="root"),
)

#: Metrics of ``class`` and ``direction``.
SHARES = (ACCURACY, ERROR_RATE, PRECISION, RECALL, LOG_LOSS, BRIER)
#: Metrics of ``number``.
DISTANCES = (MAE, RMSE)
