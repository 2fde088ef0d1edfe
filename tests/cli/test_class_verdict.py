"""The verdict's table of classifiers."""

from __future__ import annotations

from azuraforge.cli.output.verdict import show_evaluation
from azuraforge.client.evaluation import Scores, Verdict


def contender(name: str, role: str, rank: int, accuracy: float) -> dict:
    metrics = {
        "accuracy": accuracy,
        "accuracy_low": accuracy - 0.02,
        "accuracy_high": accuracy + 0.01,
        "error_rate": 1 - accuracy,
        "skill": 0.5 if rank == 1 else 0.0,
        "log_loss": 0.1234,
        "ece": 0.0567,
        "macro_f1": accuracy,
    }
    return {"name": name, "role": role, "rank": rank, "metrics": metrics, "seconds": 2.5}


def metric(name: str, en: str, tr: str, *, form: str = "share", detail: str = "main", digits: int | None = 2) -> dict:
    return {"name": name, "title": {"en": en, "tr": tr}, "format": form, "detail": detail, "digits": digits}


METRICS = [
    metric("accuracy", "accuracy", "doğruluk"),
    metric("skill", "skill", "beceri", form="signed_share", digits=None),
    metric("log_loss", "log loss", "log kaybı", form="number", digits=4),
    metric("ece", "ECE", "ECE"),
    metric("macro_f1", "macro F1", "makro F1"),
    metric("error_rate", "error rate", "hata oranı"),
    metric("accuracy_low", "accuracy, lower bound", "doğruluk, alt sınır", detail="hidden"),
    metric("accuracy_high", "accuracy, upper bound", "doğruluk, üst sınır", detail="hidden"),
]
EVALUATION = Scores.from_json(
    {
        "kind": "classify",
        "classes": ["0", "1"],
        "metrics": METRICS,
        "parts": {"train": {"rows": 1295}, "test": {"rows": 359}},
        "contenders": [
            contender("vision.neighbours", "baseline", 2, 0.95),
            contender("vision.cnn", "candidate", 1, 0.975),
        ],
        "winner": "vision.cnn",
        "failed": [],
    }
)
VERDICT = Verdict(decision="promoted", champion="vision.cnn")


def test_accuracy_is_shown_with_its_interval_next_to_the_baselines(make_terminal):
    terminal = make_terminal()
    show_evaluation(terminal, EVALUATION, VERDICT)
    lines = [" ".join(line.split()) for line in terminal.output.splitlines()]
    assert "359 held-out images; trained on 1,295 images" in lines
    assert "contender accuracy 95 % interval skill log loss ECE macro F1 error rate fit time" in lines
    assert "★ vision.cnn (candidate) 97.50 % 95.50 % – 98.50 % +50.0 % 0.1234 5.67 % 97.50 % 2.50 % 2.5 s" in lines
    assert lines.index(next(line for line in lines if line.startswith("vision.neighbours"))) > lines.index(
        next(line for line in lines if line.startswith("★"))
    )


def test_turkish_is_turkish(make_terminal):
    terminal = make_terminal("tr")
    show_evaluation(terminal, EVALUATION, VERDICT)
    assert "359 ayrılmış görüntü" in terminal.output
    assert "%97,50" in terminal.output
    assert "makro F1" in terminal.output
