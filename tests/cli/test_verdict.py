"""The verdict's table from a stored evaluation: complete where there is room, honest where there is none."""

from __future__ import annotations

import time

import pytest

from azuraforge.cli.output.verdict import show_evaluation, show_forecast, show_prediction, show_verdict
from azuraforge.client.evaluation import Scores, Sentence, Verdict
from azuraforge.client.model import Prediction


def shown(terminal, evaluation, verdict) -> list[str]:
    show_evaluation(terminal, Scores.from_json(evaluation), Verdict.from_json(verdict))
    return terminal.output.splitlines()


def line_of(lines: list[str], name: str) -> str:
    return next(line for line in lines if name in line)


def test_every_contender_stands_in_the_order_of_its_rank(make_terminal, evaluation, verdict):
    lines = shown(make_terminal(), evaluation, verdict)
    names = ["forecasting.lstm", "forecasting.ridge", "forecasting.random_walk_drift", "forecasting.naive"]
    assert [line.split()[0] for line in lines if "forecasting." in line and "0." in line][1:] == names[1:]
    assert line_of(lines, "★").split()[1] == "forecasting.lstm"


def test_numbers_per_horizon_and_over_all(make_terminal, evaluation, verdict):
    lines = shown(make_terminal(), evaluation, verdict)
    head, first = (" ".join(line_of(lines, mark).split()) for mark in ("RMSE +1", "★ forecasting"))
    assert head == "contender RMSE +1 RMSE +2 RMSE +8 RMSE skill coverage MASE R² MAE sMAPE fit time"
    assert first == (
        "★ forecasting.lstm (candidate) 0.3312 0.4321 0.6154 0.4971 +4.1 % 88.8 % 0.280 0.993 0.3900 0.11 % 1:15"
    )


def test_scores_of_the_interval_and_of_changes_where_they_are_known(make_terminal, evaluation, verdict):
    for contender in evaluation["contenders"]:
        contender["metrics"] |= {"r2_change": 0.12345, "crps": 0.2}
    head, first = (
        " ".join(line_of(shown(make_terminal(width=220), evaluation, verdict), mark).split())
        for mark in ("RMSE +1", "★ forecasting")
    )
    assert "R² R² Δ MAE CRPS sMAPE" in head
    assert "0.993 0.123 0.3900 0.2000 0.11 %" in first


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Left out: kiosk has 9 rows in the training set; 40 are required"),
        ("tr", "Dışarıda bırakıldı: kiosk, eğitim kümesinde 9 satırı var, 40 gerekli"),
    ],
)
def test_of_several_series_the_worst_come_first_and_those_left_out_are_named(
    make_terminal, evaluation, verdict, language, said
):
    row = {"origins": 40, "coverage": 0.9, "baseline_rmse": 2.0}
    evaluation["series"] = {
        "column": "shop",
        "candidate": "forecasting.lstm",
        "count": 2,
        "worst": "corner",
        "better": 1,
        "rows": [
            {"series": "corner", "mase": 1.25, "baseline_mase": 1.125, "rmse": 2.5, "skill": -0.25, **row},
            {"series": "square", "mase": 0.5, "baseline_mase": None, "rmse": 1.0, "skill": 0.5, **row},
        ],
        "left_out": [{"series": "kiosk", "part": "train", "why": "few_rows", "rows": 9, "needed": 40}],
    }
    lines = shown(make_terminal(language), evaluation, verdict)
    corner, square = (next(at for at, line in enumerate(lines) if line.startswith(name)) for name in ("corner", "squ"))
    assert corner + 1 == square
    assert "–" in lines[square]
    assert said in lines


def test_members_stand_next_to_the_combination_and_those_left_out_are_named(make_terminal, evaluation, verdict):
    member = {"weight": 0.75, "score": 0.5, "seconds": 3.25, "trials": 4, "metrics": {"rmse": 0.4444}}
    evaluation["composition"] = {
        "rule": "median",
        "measure": {"en": "mean absolute error", "tr": "ortalama mutlak hata"},
        "members": [{"name": "my.trees", **member}, {"name": "my.line", "weight": 0.0, "score": None}],
        "left_out": [{"name": "my.net", "why": "stopped", "reason": {"en": "too slow", "tr": "çok yavaş"}}],
        "not_refitted": [{"name": "my.line", "why": "failed", "reason": {"en": "no rows", "tr": "satır yok"}}],
    }
    lines = shown(make_terminal(), evaluation, verdict)
    assert line_of(lines, "my.trees").split() == ["my.trees", "75", "%", "0.500", "0.4444", "4", "3.2", "s"]
    assert line_of(lines, "my.line").split() == ["my.line", "–", "–", "–", "1", "–"]
    assert line_of(lines, "combined    ").split() == ["combined", "0.4971", "1:15"]
    assert "Left out: my.net, too slow." in lines
    turkish = shown(make_terminal("tr"), evaluation, verdict)
    assert "Dışarıda bırakıldı: my.net, çok yavaş." in turkish
    said = "Bütün satırlarla yeniden eğitilemedi: my.line, satır yok. Değerlendirilmiş tahminci kullanılıyor."
    assert said in turkish


def test_turkish_is_turkish_to_the_decimal_comma(make_terminal, evaluation, verdict):
    lines = shown(make_terminal("tr"), evaluation, verdict)
    assert "0,4971" in line_of(lines, "★")
    assert "+%4,1" in line_of(lines, "★")
    assert "(aday)" in line_of(lines, "★")
    assert "TERFİ ETTİ: forecasting.lstm artık şampiyon." in "\n".join(lines)
    assert "Ridge'den %4,1 daha iyi." in "\n".join(lines)


@pytest.mark.parametrize("width", [50, 60, 80, 100, 120])
@pytest.mark.parametrize("language", ["en", "tr"])
def test_a_narrow_terminal_loses_columns_never_rows_nor_digits(make_terminal, evaluation, verdict, width, language):
    terminal = make_terminal(language, width)
    shown(terminal, evaluation, verdict)
    lines = terminal.output.splitlines()
    table = lines[: next(index for index, line in enumerate(lines) if "naive" in line) + 1]
    assert all(len(line) <= width for line in table)
    assert "…" not in "\n".join(table[2:])
    for value in ("0.4971", "0.5185", "1.700", "1.712"):
        assert (value if language == "en" else value.replace(".", ",")) in "\n".join(table), "overall RMSE goes last"


def test_crps_is_explained_only_where_it_is_shown(make_terminal, evaluation, verdict):
    for contender in evaluation["contenders"]:
        contender["metrics"] |= {"crps": 0.2}
    for width, explained in ((220, True), (100, False)):
        lines = shown(make_terminal(width=width), evaluation, verdict)
        assert ("CRPS" in line_of(lines, "RMSE +1")) is explained
        assert ("CRPS is approximated" in " ".join(" ".join(lines).split())) is explained


def test_the_skill_stays_next_to_the_rmse(make_terminal, evaluation, verdict):
    """A score is not shown without its baseline, however narrow the terminal is."""
    lines = shown(make_terminal(width=60), evaluation, verdict)
    assert "skill" in line_of(lines, "RMSE")


def test_what_is_not_known_is_a_dash(make_terminal, evaluation, verdict):
    lines = shown(make_terminal(), evaluation, verdict)
    assert "–" in line_of(lines, "random_walk_drift")
    assert "None" not in "\n".join(lines)
    assert "nan" not in "\n".join(lines)


def test_a_baseline_that_could_not_take_part_is_named(make_terminal, evaluation, verdict):
    lines = shown(make_terminal(), evaluation, verdict)
    assert "forecasting.ets could not be evaluated: the series has zeros" in lines


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("promoted", "PROMOTED: m is champion."),
        ("kept", "NOT PROMOTED: m stays champion."),
        ("baseline_promoted", "NOT PROMOTED: the baseline m becomes champion."),
        ("not_comparable", "NOT COMPARABLE: m stays champion; you can promote the candidate manually."),
        ("invented_later", "invented_later"),
    ],
)
def test_the_decision_in_words(make_terminal, decision, said):
    terminal = make_terminal()
    show_verdict(terminal, Verdict(decision=decision, champion="m", reasons=[Sentence(code="some_reason")]), "c")
    assert terminal.output.splitlines() == [said, "  · some_reason"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "NOT PROMOTED: c ranks first but is not proven better; the baseline m becomes champion."),
        ("tr", "ADAY TERFİ ETMEDİ: c ilk sırada ama daha iyi olduğu kanıtlanmadı; temel yöntem m şampiyon oluyor."),
    ],
)
def test_a_candidate_that_ranks_first_is_not_said_to_have_lost(make_terminal, language, said):
    assert headline_of(make_terminal(language), headline="baseline_unproven") == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "NOT PROMOTED: c ranks first but does not meet the model's conditions; the baseline m becomes champion.",
        ),
        (
            "tr",
            "ADAY TERFİ ETMEDİ: c ilk sırada ama modelin koşullarını karşılamıyor; temel yöntem m şampiyon oluyor.",
        ),
    ],
)
def test_a_candidate_that_conditions_bar_is_not_called_unproven(make_terminal, language, said):
    assert headline_of(make_terminal(language), headline="baseline_barred") == said


@pytest.mark.parametrize(
    ("champion", "said"),
    [
        ("", "APPROVED: m; a person may promote it."),
        ("old v3", "APPROVED: m; a person may promote it. Until then old v3 stays champion."),
    ],
)
def test_an_approved_baseline_is_named(make_terminal, champion, said):
    verdict = {"decision": "approved", "headline": "approved", "approved": "m", "champion": champion}
    assert headline_of(make_terminal(), **verdict) == said


def headline_of(terminal, **verdict):
    show_verdict(terminal, Verdict(**{"decision": "baseline_promoted", "champion": "m", **verdict}), "c")
    (said,) = terminal.output.splitlines()
    return said


def test_one_horizon_needs_no_columns_per_horizon(make_terminal, evaluation, verdict):
    evaluation["shown_horizons"] = [1]
    assert "RMSE +1" not in "\n".join(line for line in shown(make_terminal(), evaluation, verdict) if "skill" in line)


def test_next_values_of_a_weekly_series_are_dates(make_terminal):
    terminal = make_terminal()
    points = [
        {"at": "2002-01-05T00:00:00Z", "value": 372.128, "low": 371.4, "high": 372.85},
        {"at": "2002-01-12T00:00:00", "value": 372.3, "low": 371.5, "high": 373.1},
    ]
    forecast = {"target": "co2", "unit": "ppm", "interval": 0.9, "next": points, "refitted": True}
    show_forecast(terminal, forecast, "forecasting.lstm")
    assert "The forecaster was refitted on all rows after the verdict." in terminal.output
    lines = [line.split() for line in terminal.output.splitlines() if line]
    assert " ".join(lines[0]) == "Next values of co2 (ppm), by forecasting.lstm"
    assert " ".join(lines[1]) == "time value 90 % interval"
    assert lines[2:4] == [
        ["2002-01-05", "372.13", "371.40", "…", "372.85"],
        ["2002-01-12", "372.30", "371.50", "…", "373.10"],
    ]


def test_next_values_without_interval_and_many_of_them(make_terminal):
    terminal = make_terminal("tr")
    points = [{"at": f"2026-01-01T{hour:02}:30:00Z", "value": 0.5, "low": None, "high": None} for hour in range(24)] * 2
    show_forecast(terminal, {"target": "x", "unit": "", "interval": None, "next": points}, "m")
    assert "aralığı" not in terminal.output
    assert "0,5000" in terminal.output
    assert "… ve 24 satır daha" in terminal.output


@pytest.fixture
def istanbul(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Istanbul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("istanbul")
def test_days_are_dates_of_the_series_zone_and_hours_name_it(make_terminal):
    def first_column(rhythm, *moments):
        terminal = make_terminal()
        points = [{"at": at, "value": 1.0, "low": None, "high": None} for at in moments]
        show_forecast(terminal, {"target": "x", "unit": "", "interval": None, "next": points, **rhythm}, "m")
        return [line.rsplit(maxsplit=1)[0].strip() for line in terminal.output.splitlines() if line.startswith("20")]

    here = {"timezone": "Europe/Istanbul"}
    nights = ("2026-01-01T21:00:00Z", "2026-01-02T21:00:00Z")
    assert first_column({"frequency": "1d", **here}, *nights) == ["2026-01-02", "2026-01-03"]
    assert first_column({"frequency": "1d", "timezone": "UTC"}, "2026-01-02T00:00:00Z") == ["2026-01-02"]
    assert first_column({"frequency": "1h", **here}, "2026-01-02T10:00:00Z") == ["2026-01-02 13:00 +03:00"]
    assert first_column({"frequency": "1h", "timezone": "UTC"}, "2026-01-02T10:00:00Z") == ["2026-01-02 10:00 UTC"]


@pytest.mark.parametrize("reader", ["Europe/Istanbul", "America/New_York"])
def test_the_held_out_days_are_dates_of_the_series_zone(make_terminal, evaluation, verdict, monkeypatch, reader):
    monkeypatch.setenv("TZ", reader)
    time.tzset()
    evaluation |= {"frequency": "1d", "timezone": "Europe/Istanbul"}
    evaluation["parts"]["test"] |= {"start": "2025-12-31T21:00:00Z", "end": "2026-01-09T21:00:00Z"}
    text = "\n".join(shown(make_terminal(), evaluation, verdict))
    monkeypatch.undo()
    time.tzset()
    assert "2026-01-01" in text
    assert "2026-01-10" in text
    assert "2025-12-31" not in text


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Only 3 of the 8 rows ahead are evaluated"), ("tr", "8 satırlık ufkun yalnızca 3 satırı değerlendirildi")],
)
def test_rows_ahead_that_nothing_judges_are_named(make_terminal, evaluation, verdict, language, said):
    evaluation |= {"horizon": 8, "judged_horizon": 3}
    assert any(said in line for line in shown(make_terminal(language=language, width=200), evaluation, verdict))
    evaluation["judged_horizon"] = 8
    assert not any(said[:4] in line for line in shown(make_terminal(language=language, width=200), evaluation, verdict))


def test_of_a_panel_the_origins_in_time_are_counted_and_the_shown_series_is_named(make_terminal, evaluation, verdict):
    evaluation["series"] = {"column": "shop", "candidate": "forecasting.lstm", "count": 30, "rows": []}
    evaluation["parts"]["test"]["origins"] = 48
    lines = shown(make_terminal(width=200), evaluation, verdict)
    assert any("of 30 series on the test set: 48 origins" in line for line in lines)
    terminal = make_terminal(width=200)
    figure = {"target": "sales", "series": "kiosk", "next": [{"at": "2026-01-01T00:00:00Z", "value": 4.0}]}
    show_forecast(terminal, figure, "forecasting.auto", 30)
    assert "Next values of sales, series kiosk, by forecasting.auto" in terminal.output
    assert "29 more series" in terminal.output


@pytest.mark.parametrize(("language", "said"), [("en", "mine: too narrow."), ("tr", "mine: fazla dar.")])
def test_what_the_numbers_do_not_hold_is_said(make_terminal, evaluation, verdict, language, said):
    text = {"en": "mine: too narrow.", "tr": "mine: fazla dar."}
    evaluation["findings"] = [{"code": "too_narrow", "contender": "mine", "text": text}]
    assert said in shown(make_terminal(language=language), evaluation, verdict)


def test_a_forecast_says_from_which_rows_it_starts(make_terminal):
    point = {"at": "2026-03-02T00:00:00Z", "value": 0.0, "low": 0.0, "high": 0.0}
    facts = {
        "prediction_id": "p",
        "model": "load",
        "version": 3,
        "plugin": "forecasting.ets",
        "target": "load",
        "unit": "",
    }
    given = {**facts, "origin": "2026-03-01T00:00:00Z", "interval": 0.9, "predictions": [point], "dataset_version": 5}
    for trained, newer, count in ((5, None, 1), (4, None, 2), (5, 6, 2)):
        terminal = make_terminal()
        made = Prediction.from_json({**given, "trained_on": trained, "newer_version": newer})
        show_prediction(terminal, made, None)
        line = line_of(terminal.output.splitlines(), "The forecast uses version 5 of the dataset")
        assert line.count(".") == count
        assert "The next value may still differ" in terminal.output
    terminal = make_terminal()
    show_prediction(terminal, Prediction.from_json({**given, "dataset_version": None}), None)
    assert "of the dataset" not in terminal.output
