"""A judged run as the report's child is handed it, with numbers that occur nowhere else."""

from __future__ import annotations

from typing import Any, get_args

from azuraforge.plugins.kinds.forecast.facts import METRICS
from azuraforge.reports.words import Code, Words

HOSTILE = '<script>alert("x")</script>|**bold** [a](javascript:alert(1)) ![i](https://evil.example/i.png)\n# head'
#: With marks that combine with the letter before them: an i and a dot, a g and a breve.
TURKISH = "ğüşıöç ĞÜŞİÖÇ i\u0307 g\u0306"


def contender(name: str, role: str, rank: int, rmse: float, **metrics: Any) -> dict[str, Any]:
    return {"name": name, "role": role, "rank": rank, "metrics": {"rmse": rmse, **metrics}, "horizons": []}


def comparison(low: float | None, high: float | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "a": "forecasting.lstm",
        "b": "forecasting.ridge",
        "metric": "rmse",
        "relative_difference": -0.0713,
    }
    fields |= {"difference": -0.0325, "score_a": 0.4242, "score_b": 0.4567}
    shown = {}
    for words in map(Words, get_args(Code)):
        ends = {"low": words.percent(low), "high": words.percent(high)}
        shown[words.code] = {"measure": "RMSE", "change": words.percent(-0.0713), **ends}
    held = {"level": 0.95, "pieces": 212, "origins": 1331, "better": True}
    return {**fields, "low": low, "high": high, **held, "shown": shown}


def make_material(**changes: Any) -> dict[str, Any]:
    run: dict[str, Any] = {
        "id": "k3v9abcdabcdabcd",
        "kind": "train",
        "name": TURKISH,
        "state": "succeeded",
        "plugin": "forecasting.lstm",
        "plugin_version": None,
        "model": "series",
        "dataset_name": "series",
        "dataset_version": 3,
        "dataset_fingerprint": "sha256:9f2c4b7e",
        "config": {"epochs": 17, "window": None, "layers": [32, 16]},
        "environment": {"backend": "cpu", "instruction_set": "avx2"},
        "seed": 41,
        "threads": 1,
        "bit_reproducible": True,
        "code_version": "0.1.0+abc",
        "created_at": "2026-01-02T03:04:05Z",
        "finished_at": "2026-01-02T03:09:05Z",
        "progress": {"phase": "judge", "done": 1, "total": 1, "share": 1.0},
        "error": None,
        "summary": {"decision": "promoted"},
        "attempts": [],
        "artifacts": [],
        "notes": [],
        "figures": [],
        "follow_ups": [],
        "metric_series": [],
        "metric_series_total": 0,
        "tags": [],
        "note": None,
        "parent": None,
        "depends_on": [],
        "needed_by": [],
        "last_event_seq": 1,
        "priority": 1,
        "attempt": 1,
        "waiting_on": 0,
        "cancel_requested": False,
        "pinned": False,
        "on_failure": "cancel",
        **dict.fromkeys(("dataset_id", "started_at", "deleted_at", "deleted_by", "study")),
        **dict.fromkeys(("time_limit_seconds", "memory_limit_bytes")),
    }
    part = {"rows": 1931, "start": "2001-01-01T00:00:00Z", "end": "2019-01-01T00:00:00Z"}
    evaluation = {
        "kind": "forecast",
        "metrics": [each.model_dump(mode="json") for each in METRICS],
        "target": "value",
        "unit": "ppm",
        "parts": {"train": part, "validation": {**part, "rows": 211}, "test": {**part, "rows": 223, "origins": 1331}},
        "contenders": [
            contender("forecasting.ridge", "baseline", 2, 0.4567, coverage=0.871, skill=0.0),
            contender("forecasting.lstm", "candidate", 1, 0.4242, coverage=0.913, skill=0.0713),
        ],
        "failed": [{"name": "forecasting.ets", "reason": {"en": "too short", "tr": "çok kısa"}}],
        "best_baseline": "forecasting.ridge",
        "winner": "forecasting.lstm",
        "comparisons": [comparison(-0.1234, -0.0219)],
        "ranked_by": "rmse",
        "gate_metric": "rmse",
        "guarded": {"tried": 0, "of": 1331},
        "shown_horizons": [1],
        "composition": {
            "rule": "weights",
            "measure": {"en": "mean absolute error", "tr": "ortalama mutlak hata"},
            "members": [
                {"name": "my.trees", "weight": 0.775, "score": 0.6666, "seconds": 3.7, "metrics": {"rmse": 0.4321}},
                {"name": "my.line", "weight": 0.225, "score": 0.7777, "seconds": 0.2, "metrics": {"rmse": 0.4888}},
            ],
            "left_out": [{"name": "my.net", "why": "stopped", "reason": {"en": "too slow", "tr": "çok yavaş"}}],
        },
    }
    verdict = {
        "decision": "promoted",
        "headline": "promoted",
        "champion": "forecasting.lstm",
        "reasons": [{"code": "x", "params": {}, "text": {"en": "It beats ridge.", "tr": "Ridge'den daha iyi."}}],
    }
    at = [f"2019-01-{day:02}T00:00:00Z" for day in range(1, 29)]
    named = {"contender": "forecasting.lstm", "baseline": "forecasting.ridge", "target": "value", "unit": "ppm"}
    figures: dict[str, Any] = {
        "forecast": {
            "target": "value",
            "unit": "ppm",
            "frequency": None,
            "timezone": "UTC",
            "contender": "forecasting.lstm",
            "history": [[moment, float(number % 5)] for number, moment in enumerate(at)],
            "next": [{"at": "2019-01-29T00:00:00Z", "value": 2.5, "low": 1.5, "high": 3.5}],
            "interval": 0.9,
            "refitted": True,
            "test": {"horizon": 1, "at": at, "actual": [1.0] * 28, "predicted": [1.1] * 28, "low": None, "high": None},
        },
        "residuals": {
            **named,
            "horizon": 1,
            "origins": 1331,
            "skewness": None,
            "excess_kurtosis": None,
            "mean": 0.0123,
            "standard_deviation": 0.4198,
            "histogram": {"edges": [-1.0, 0.0, 1.0], "counts": [600, 731]},
            "qq": {"normal": [-1.0, 0.0, 1.0], "error": [-1.1, 0.0, 1.2]},
            "over_time": {"at": at, "error": [0.1] * 28},
            "autocorrelation": [0.0317, 0.2345, -0.0111],
            "autocorrelation_bound": 0.0537,
            "ljung_box": {"lags": 3, "statistic": 77.7, "p": 0.0031},
            "baseline_autocorrelation": [0.1, 0.1, 0.1],
        },
        "slices": {
            **named,
            "slices": [
                {
                    "by": "weekday",
                    "rows": [
                        {"value": 1, "errors": 101, "rmse": 0.4321, "baseline_rmse": 0.4711, "skill": 0.0828},
                        {"value": 7, "errors": 103, "rmse": 0.5123, "baseline_rmse": 0.4909, "skill": -0.0436},
                    ],
                }
            ],
        },
    }
    made = {
        "run": run,
        "evaluation": evaluation,
        "verdict": verdict,
        "figures": figures,
        "curves": [{"series": "loss", "steps": [1, 2], "values": [0.9, 0.777], "times": None, "total_points": 2}],
    }
    return {**made, **changes}


def failed_material() -> dict[str, Any]:
    material = make_material(evaluation=None, verdict=None, figures={})
    at = material["run"]["created_at"]
    material["run"] = {
        **material["run"],
        "state": "failed",
        "summary": None,
        "error": {
            "code": "storage",
            "message": "the disk is full",
            "where": "checkpoint 1200",
            "next_step": "free space",
        },
        "progress": {"phase": "fit", "done": 31, "total": 97, "share": 0.237},
        "artifacts": [
            {"name": "log-1.txt", "kind": "log", "media_type": "text/plain", "bytes": 1, "sha256": "", "created_at": at}
        ],
    }
    return material
