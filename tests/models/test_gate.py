"""Who becomes champion: the rules on made-up losses whose truth is known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.models.gate.comparability import incomparable
from azuraforge.models.gate.contenders import Champion, Contender, Slice
from azuraforge.models.gate.evidence import measured, tightened_level
from azuraforge.models.gate.policy import GatePolicy, Measured
from azuraforge.models.gate.reasons import Reason
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.plugins.kinds.classify.facts import ERROR_RATE
from azuraforge.plugins.kinds.forecast.facts import RMSE
from azuraforge.plugins.kinds.forecast.judging import unseen_origins

ORIGINS, HORIZON, SEASON = 400, 4, 12


def losses(scale: float, own: int, *, origins: int = ORIGINS, shared: float = 0.95) -> np.ndarray:
    """Squared errors of a forecaster: mostly the same noise as everyone's, ``scale`` times as large."""
    common = np.random.default_rng(99).normal(size=(origins, HORIZON))
    noise = np.random.default_rng(own).normal(size=(origins, HORIZON))
    return (scale * (shared * common + np.sqrt(1 - shared**2) * noise)) ** 2


def gate(
    candidate: float, baselines: list[float], champion: float | None = None, *, unseen: int = ORIGINS, **options: Any
) -> Verdict:
    """Decide with RMSEs of these sizes; the champion may be judged on the last ``unseen`` origins."""
    holder = None
    if champion is not None:
        holder = Champion(
            "the_champion", losses(champion, 3), unseen=np.arange(ORIGINS) >= ORIGINS - unseen, metric=RMSE
        )
    return decide(
        Contender("candidate", losses(candidate, 1), metric=RMSE),
        [Contender(f"baseline_{i}", losses(size, 10 + i), metric=RMSE) for i, size in enumerate(baselines)],
        holder,
        horizon=HORIZON,
        season=SEASON,
        resamples=300,
        **options,
    )


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_the_first_champion_must_beat_the_best_baseline() -> None:
    verdict = gate(0.8, [1.5, 1.0, 1.2])
    assert (verdict.decision, verdict.champion, verdict.best_baseline) == ("promoted", "candidate", "baseline_1")
    assert codes(verdict) == ["no_champion_before", "beats_best_baseline", "candidate_promoted"]


def test_a_tie_makes_the_best_baseline_the_first_champion() -> None:
    verdict = gate(0.999, [1.5, 1.0])
    assert (verdict.decision, verdict.champion) == ("baseline_promoted", "baseline_1")
    assert "not_better_than_best_baseline" in codes(verdict)


def test_a_candidate_that_is_a_baseline_does_not_beat_itself() -> None:
    same = losses(1.0, 1)
    verdict = decide(
        Contender("a", same, metric=RMSE),
        [Contender("b", same.copy(), metric=RMSE)],
        None,
        horizon=HORIZON,
        season=SEASON,
    )
    assert (verdict.decision, verdict.champion) == ("baseline_promoted", "b")


def test_a_candidate_that_beats_champion_and_baselines_is_promoted() -> None:
    verdict = gate(0.8, [1.2], 1.0)
    assert (verdict.decision, verdict.champion) == ("promoted", "candidate")
    assert codes(verdict) == ["beats_champion", "at_least_as_good_as_best_baseline", "candidate_promoted"]


def test_the_champion_stays_where_nobody_is_better_by_more_than_noise() -> None:
    verdict = gate(0.998, [1.2], 1.0)
    assert (verdict.decision, verdict.champion) == ("kept", "the_champion")
    assert "not_better_than_champion" in codes(verdict)


def test_a_candidate_below_the_best_baseline_is_not_promoted_though_it_beats_the_champion() -> None:
    verdict = gate(0.8, [0.6, 2.0], 1.0)
    assert (verdict.decision, verdict.champion) == ("baseline_promoted", "baseline_0")
    assert "worse_than_best_baseline" in codes(verdict)


def test_the_best_baseline_takes_the_title_from_a_champion_that_it_beats() -> None:
    verdict = gate(1.5, [0.8], 1.0)
    assert (verdict.decision, verdict.champion) == ("baseline_promoted", "baseline_0")


def test_the_champion_stays_before_a_baseline_that_is_only_as_good() -> None:
    assert gate(1.5, [0.999], 1.0).decision == "kept"


@pytest.mark.parametrize("unseen", [0, 1, 29])
def test_too_few_unseen_origins_are_not_comparable(unseen: int) -> None:
    verdict = gate(0.5, [1.0], 1.0, unseen=unseen)
    assert (verdict.decision, verdict.champion) == ("not_comparable", "the_champion")
    assert verdict.reasons[0].params == {"origins": unseen, "needed": 30, **measured(RMSE)}


def test_a_season_and_three_horizons_are_needed() -> None:
    holder = Champion("c", losses(1.0, 3), unseen=np.arange(ORIGINS) >= 300, metric=RMSE)
    arguments = (Contender("a", losses(0.5, 1), metric=RMSE), [Contender("b", losses(1.0, 2), metric=RMSE)], holder)
    for horizon, season, needed in ((HORIZON, 120, 120), (40, 12, 120)):
        verdict = decide(*arguments, horizon=horizon, season=season)
        assert (verdict.decision, verdict.reasons[0].code) == ("not_comparable", "too_few_origins")
        assert verdict.reasons[0].params == {"origins": 100, "needed": needed, **measured(RMSE)}
    assert decide(*arguments, horizon=HORIZON, season=52).decision == "promoted"


def test_origins_that_remember_each_other_for_long_are_not_yet_known() -> None:
    """Forty origins, but the errors drift: only the drift would decide."""
    drift = np.linspace(0.0, 3.0, 40)[:, None]
    candidate, rival = np.square(0.1 + drift * 0.5), np.square(3.0 - 0.5 * drift)
    holder = Champion("c", rival, unseen=np.ones(40, dtype=bool), metric=RMSE)
    known = decide(
        Contender("a", candidate, metric=RMSE), [Contender("b", rival + 1, metric=RMSE)], holder, horizon=1, season=1
    )
    assert (known.decision, known.champion, known.comparisons[-1].high) == ("not_comparable", "c", None)
    said = known.reasons[0]
    assert said.code == "too_few_pieces"
    assert "champion c: the 40 origins" in said.text("en")
    assert "at least 3 are needed" in said.text("en")
    assert "henüz bilinmiyor" in said.text("tr")
    first = decide(
        Contender("a", candidate, metric=RMSE), [Contender("b", rival, metric=RMSE)], None, horizon=1, season=1
    )
    assert (first.decision, codes(first)[1]) == ("baseline_promoted", "too_few_pieces_without_champion")


def test_an_interval_that_excludes_nothing_is_not_yet_known_and_the_best_baseline_is_still_tried() -> None:
    """Seventy-two origins that overlap by twelve: hardly anything is known, unless a lead is overwhelming."""
    rng = np.random.default_rng(31)
    candidate, holder, rival = (
        np.square(scale * rng.normal(size=(83,)))[np.arange(72)[:, None] + np.arange(12)] for scale in (1.0, 1.0, 1.1)
    )
    champion = Champion("c", holder, unseen=np.ones(72, dtype=bool), metric=RMSE)
    options: dict[str, Any] = {"horizon": 12, "season": 1, "trials": 10}
    verdict = decide(Contender("a", candidate, metric=RMSE), [Contender("b", rival, metric=RMSE)], champion, **options)
    assert (verdict.decision, verdict.champion) == ("not_comparable", "c")
    assert verdict.comparisons[1].unknown == "width"
    assert verdict.comparisons[1].pieces >= 3
    said = next(reason for reason in verdict.reasons if reason.code == "too_wide")
    assert "72 origins that neither was trained on carry as much information as 3 independent ones" in said.text("en")
    assert "farkı %99,750 güven düzeyinde sınırlamaya yetmiyor" in said.text("tr")
    first = decide(Contender("a", candidate, metric=RMSE), [Contender("b", rival, metric=RMSE)], None, **options)
    assert (first.decision, codes(first)[2]) == ("baseline_promoted", "too_wide_without_champion")
    tiny = decide(
        Contender("a", candidate, metric=RMSE),
        [Contender("b", 1e-4 * rival, metric=RMSE)],
        champion,
        horizon=12,
        season=1,
        level=0.2,
    )
    assert tiny.decision == "baseline_promoted"


def test_the_champion_is_judged_only_on_rows_that_it_did_not_learn_from() -> None:
    """The champion has memorised the first half; outside it, it is worse than the candidate."""
    memorised = losses(1.5, 3)
    memorised[: ORIGINS // 2] = 0.0
    baselines = [Contender("b", losses(2.0, 2), metric=RMSE)]
    candidate = Contender("a", losses(1.0, 1), metric=RMSE)
    honest = Champion("c", memorised, unseen=np.arange(ORIGINS) >= ORIGINS // 2, metric=RMSE)
    assert decide(candidate, baselines, honest, horizon=HORIZON, season=SEASON).decision == "promoted"
    naive = Champion("c", memorised, unseen=np.ones(ORIGINS, dtype=bool), metric=RMSE)
    assert decide(candidate, baselines, naive, horizon=HORIZON, season=SEASON).champion == "c"


@pytest.mark.parametrize(
    "obstacle",
    [
        incomparable("other_target", champion="co2", candidate="temperature"),
        incomparable("other_unit", champion="°C", candidate="°F"),
        incomparable("other_horizon", champion=4, candidate=8),
        incomparable("other_frequency", champion="1h", candidate="1d"),
        incomparable("champion_unreadable", problem="its weights were changed"),
        incomparable("lineage_unknown"),
    ],
)
def test_another_task_is_not_comparable(obstacle: Any) -> None:
    holder = Champion("c", np.empty((0, 0)), obstacle=obstacle, metric=RMSE)
    verdict = decide(
        Contender("a", losses(0.1, 1), metric=RMSE),
        [Contender("b", losses(1.0, 2), metric=RMSE)],
        holder,
        horizon=HORIZON,
        season=SEASON,
    )
    assert (verdict.decision, verdict.champion, verdict.reasons[0]) == ("not_comparable", "c", obstacle)


def test_short_series_never_promote_a_candidate_by_comparison() -> None:
    verdict = decide(
        Contender("a", losses(0.1, 1, origins=20), metric=RMSE),
        [Contender("b", losses(1.0, 2, origins=20), metric=RMSE)],
        None,
        horizon=HORIZON,
        season=1,
    )
    assert (verdict.decision, verdict.champion) == ("baseline_promoted", "b")
    assert codes(verdict) == ["no_champion_before", "too_few_origins_without_champion", "baseline_promoted"]
    for language, promise in (("en", "no promotion"), ("tr", "terfi olmaz")):
        sentences = " ".join(reason.text(language) for reason in verdict.reasons)
        assert promise not in sentences  # and then somebody becomes champion all the same
    assert verdict.comparisons[0].low is None


def _short(candidate: float, origins: int = 20, **more: object) -> Verdict:
    return decide(
        Contender("auto", losses(candidate, 1, origins=origins), metric=RMSE),
        [Contender("ets", losses(1.0, 2, origins=origins), metric=RMSE)],
        None,
        horizon=HORIZON,
        season=1,
        serves_unproven=True,
        **more,  # type: ignore[arg-type]
    )


def test_with_too_few_origins_a_combination_serves_and_is_not_called_proven() -> None:
    for size in (0.8, 1.5):  # also if it does not rank first: by so few origins, the order is chance
        verdict = _short(size)
        assert (verdict.decision, verdict.champion) == ("promoted", "auto")
        assert {verdict.record(candidate_first=first).headline for first in (True, False)} == {"serves_unproven"}
        assert codes(verdict)[1:] == ["too_few_origins_serves_unproven", "candidate_promoted"]
        assert not verdict.comparisons[0].better
    assert "not yet known" in verdict.reasons[1].text("en")
    assert "henüz bilinmiyor" in verdict.reasons[1].text("tr")
    assert _short(3.0).decision == "baseline_promoted", "twice the error is no chance"
    assert _short(1.5, origins=300).decision == "baseline_promoted", "enough origins decide"
    assert _short(0.5, origins=300).headline(candidate_first=True) == "promoted"


def test_a_combination_serves_unproven_only_if_no_condition_speaks_against_it() -> None:
    suspicion = Reason("column_knows_future", {"column": "next", "evidence_en": "x", "evidence_tr": "x"})
    assert _short(0.8, suspicions=[suspicion]).headline(candidate_first=True) == "withheld"
    assert _short(0.8, policy=GatePolicy(automatic=False)).decision == "approved"
    assert _short(0.8, policy=GatePolicy(max_bytes=10), measured=Measured(bytes=11)).decision == "baseline_promoted"
    assert _short(0.8, policy=GatePolicy(margin=0.1)).decision == "baseline_promoted", "the policy demands a lead"
    incumbent = Contender("incumbent", losses(1.0, 3, origins=20), metric=RMSE)
    assert _short(0.8, incumbent=incumbent).decision == "kept"


def test_earlier_uses_and_trials_make_promotion_harder() -> None:
    margin = next(size for size in np.arange(0.999, 0.9, -0.002) if gate(size, [1.0]).decision == "promoted")
    assert gate(margin, [1.0], earlier_uses=200).decision == "baseline_promoted"
    assert gate(margin, [1.0], trials=200).decision == "baseline_promoted"
    assert codes(gate(margin, [1.0], trials=200))[0] == "level_tightened_by_trials"
    assert codes(gate(margin, [1.0], earlier_uses=200))[0] == "level_tightened"


def test_the_level_is_shared_between_all_looks() -> None:
    assert tightened_level(0.95) == pytest.approx(0.975)
    assert tightened_level(0.95, trials=10) == pytest.approx(0.9975)
    assert tightened_level(0.95, trials=10, earlier_uses=1) == pytest.approx(1 - 0.05 / 60)


@given(looks=st.integers(1, 2000), trials=st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_all_looks_together_keep_within_the_allowance(looks: int, trials: list[int]) -> None:
    spent = sum(
        trials[look % len(trials)] * (1 - tightened_level(0.95, trials[look % len(trials)], look))
        for look in range(looks)
    )
    assert spent <= 0.05


def test_a_guarded_slice_that_got_worse_stops_the_promotion() -> None:
    better = losses(0.8, 1)
    better[:, 0] = losses(1.5, 1)[:, 0]
    first_step = np.zeros((ORIGINS, HORIZON), dtype=bool)
    first_step[:, 0] = True
    everyone = (Contender("a", better, metric=RMSE), [Contender("b", losses(1.3, 2), metric=RMSE)])
    holder = Champion("c", losses(1.1, 3), unseen=np.ones(ORIGINS, dtype=bool), metric=RMSE)
    options: dict[str, Any] = {"horizon": HORIZON, "season": SEASON}
    assert decide(*everyone, holder, **options).decision == "promoted"
    guarded = decide(*everyone, holder, slices=[Slice("first step", first_step, 0.1)], **options)
    assert guarded.decision == "kept"
    assert "slice_worse" in codes(guarded)
    assert [(each.name, each.state) for each in guarded.record().slices] == [("first step", "worse")]
    assert decide(*everyone, None, slices=[Slice("first step", first_step, 0.1)], **options).decision != "promoted"
    assert decide(*everyone, holder, slices=[Slice("first step", first_step, 0.6)], **options).decision == "promoted"


def test_a_column_that_seems_to_know_the_future_leaves_the_promotion_to_a_person() -> None:
    spoken = {"evidence_en": "it follows the target 1 row later", "evidence_tr": "bir sonraki hedefi izliyor"}
    suspicion = Reason("column_knows_future", {"column": "next_load", **spoken})
    for candidate, entrant in ((0.8, "candidate"), (1.2, "baseline_0")):
        verdict = gate(candidate, [1.0], suspicions=[suspicion])
        assert (verdict.decision, verdict.champion, verdict.approved) == ("approved", "", entrant)
        assert codes(verdict)[-2:] == ["column_knows_future", "promotion_withheld"]
        record = verdict.record(candidate_first=True)
        assert (record.headline, record.promotes) == ("withheld", False)
        assert "next_load" in record.text("en")
        assert "next_load" in record.text("tr")
        assert gate(candidate, [1.0]).decision in ("promoted", "baseline_promoted")
    kept = gate(1.0, [1.2], champion=1.0, suspicions=[suspicion])
    assert (kept.decision, kept.headline(candidate_first=True)) == ("kept", "kept")
    assert "column_knows_future" in codes(kept)


def test_a_column_that_seems_to_know_the_future_does_not_withhold_who_reads_no_column() -> None:
    suspicion = Reason("column_knows_future", {"column": "next_load", "evidence_en": "x", "evidence_tr": "x"})
    honest = gate(1.2, [1.0], suspicions=[suspicion], blind=["baseline_0"])
    assert (honest.decision, honest.champion, honest.withheld) == ("baseline_promoted", "baseline_0", False)
    assert codes(honest)[-2:] == ["column_knows_future", "baseline_promoted"]
    leaking = gate(0.8, [1.0], suspicions=[suspicion], blind=["baseline_0"])
    assert (leaking.decision, leaking.approved, leaking.withheld) == ("approved", "candidate", True)
    own = gate(0.8, [1.0], suspicions=[suspicion], blind=["candidate"])
    assert (own.decision, own.champion) == ("promoted", "candidate")


def test_a_doubt_about_the_candidate_leaves_its_promotion_to_a_person_and_no_other() -> None:
    doubt = Reason("pretraining_not_stated", {"name": "tiny"})
    doubted, other = (gate(candidate, [1.0], doubts=[doubt]) for candidate in (0.8, 1.2))
    assert (doubted.decision, doubted.approved, doubted.headline(candidate_first=True)) == (
        *("approved", "candidate"), "withheld",
    )  # fmt: skip
    assert (other.decision, other.champion) == ("baseline_promoted", "baseline_0")
    assert "pretraining_not_stated" in codes(other)


def repeated(sample: int, full: int) -> pytest.MarkDecorator:
    """Repeat a measurement a few times in the suite of every commit and often in ``make proof``."""
    return pytest.mark.parametrize(
        "trials", [pytest.param(sample, id="sample"), pytest.param(full, id="full", marks=pytest.mark.proof)]
    )


@repeated(sample=50, full=150)
def test_on_pure_noise_promotions_stay_below_the_level(trials: int) -> None:
    """Candidate, baseline and champion are equally good; errors remember. Nobody should take the title."""
    rng = np.random.default_rng(17)
    moved = 0
    for trial in range(trials):
        shocks = rng.normal(size=(4, 310))
        errors = np.stack([np.convolve(row, 0.8 ** np.arange(10), mode="valid") for row in shocks])
        common = errors[0]
        first, second, third = (((common + 0.5 * own)[:, None]) ** 2 for own in errors[1:])
        holder = Champion("c", third, unseen=np.ones(len(third), dtype=bool), metric=RMSE)
        verdict = decide(
            Contender("a", first, metric=RMSE),
            [Contender("b", second, metric=RMSE)],
            holder,
            horizon=1,
            season=12,
            resamples=200,
            seed=trial,
        )
        moved += verdict.champion != "c"
    assert moved / trials <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials), moved


@repeated(sample=40, full=120)
def test_the_best_of_many_equal_baselines_does_not_win_by_being_many(trials: int) -> None:
    rng = np.random.default_rng(23)
    moved = 0
    for trial in range(trials):
        common = rng.normal(size=(200, 1))
        errors = [common + 0.5 * rng.normal(size=(200, 1)) for _ in range(10)]
        holder = Champion("c", errors[0] ** 2, unseen=np.ones(200, dtype=bool), metric=RMSE)
        baselines = [Contender(f"b{i}", error**2, metric=RMSE) for i, error in enumerate(errors[1:9])]
        bad = Contender("a", (2 * errors[9]) ** 2, metric=RMSE)
        moved += decide(bad, baselines, holder, horizon=1, season=1, resamples=150, seed=trial).champion != "c"
    assert moved / trials <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials), moved


def test_the_verdict_is_json_in_two_languages() -> None:
    for verdict in (gate(0.8, [1.0]), gate(0.8, [0.6], 1.0, earlier_uses=2), gate(0.9, [1.0], 1.0, unseen=3)):
        stored = VerdictRecord.model_validate_json(verdict.record().model_dump_json())
        assert stored == verdict.record()
        assert stored.policy == GatePolicy()
        for reason in stored.reasons:
            assert reason.text.en != reason.text.tr
            assert "{" not in reason.text.en + reason.text.tr
        json.dumps([each.scores().model_dump(mode="json") for each in verdict.comparisons], allow_nan=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baselines": []}, "at least one baseline"),
        ({"baselines": [Contender("a", losses(1, 2), metric=RMSE)]}, "names of their own"),
        ({"baselines": [Contender("b", losses(1, 2)[:-1], metric=RMSE)]}, "need shape"),
        ({"baselines": [Contender("b", np.full((ORIGINS, HORIZON), np.inf), metric=RMSE)]}, "finite"),
        ({"baselines": [Contender("b", np.full((ORIGINS, HORIZON), np.nan), metric=RMSE)]}, "missing"),
        ({"champion": Champion("c", losses(1, 3), unseen=np.ones(3, dtype=bool), metric=RMSE)}, "one flag per origin"),
    ],
)
def test_contenders_that_do_not_belong_together_are_refused(change: dict[str, Any], message: str) -> None:
    arguments = {"baselines": [Contender("b", losses(1, 2), metric=RMSE)], "champion": None, **change}
    with pytest.raises(ValueError, match=message):
        decide(Contender("a", losses(1, 1), metric=RMSE), **arguments, horizon=HORIZON, season=SEASON)


def test_origins_whose_targets_touch_learned_rows_are_left_out() -> None:
    first = np.arange("2026-01-01", "2026-01-11", dtype="datetime64[D]")
    learned = [
        (np.datetime64("2025-01-01"), np.datetime64("2026-01-02")),
        (np.datetime64("2026-01-06"), np.datetime64("2026-01-06")),
    ]
    assert np.flatnonzero(unseen_origins(first, first + 1, learned)).tolist() == [2, 3, 6, 7, 8, 9]
    assert unseen_origins(first, first, []).all()


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.floats(0.2, 3.0), min_size=1, max_size=4),
    candidate=st.floats(0.2, 3.0),
    champion=st.none() | st.floats(0.2, 3.0),
    unseen=st.integers(0, ORIGINS),
    seed=st.integers(0, 1000),
)
def test_a_verdict_always_names_one_of_those_who_stood(
    sizes: list[float], candidate: float, champion: float | None, unseen: int, seed: int
) -> None:
    verdict = gate(candidate, sizes, champion, unseen=unseen, seed=seed)
    best = f"baseline_{int(np.argmin([losses(size, 10 + i).mean() for i, size in enumerate(sizes)]))}"
    expected = {
        "promoted": "candidate",
        "kept": "the_champion",
        "not_comparable": "the_champion",
        "baseline_promoted": best,
    }
    assert verdict.champion == expected[verdict.decision]
    if champion is None:
        assert verdict.decision in ("promoted", "baseline_promoted")
    if verdict.decision == "promoted":
        assert verdict.comparisons[0].at_least_as_good or len(sizes) > 1
        assert not any(reason.code == "worse_than_best_baseline" for reason in verdict.reasons)


def _wrong(errors: list[int], examples: int = 400) -> np.ndarray:
    losses = np.zeros((examples, 1))
    losses[errors] = 1
    return losses


def _classified(candidate: list[int], baseline: list[int], examples: int = 400) -> Verdict:
    return decide(
        Contender("vision.cnn", _wrong(candidate, examples), metric=ERROR_RATE),
        [Contender("vision.knn", _wrong(baseline, examples), metric=ERROR_RATE)],
        None,
        horizon=1,
        season=1,
    )


def test_error_rates_are_compared_example_by_example_and_said_so() -> None:
    verdict = _classified(list(range(4)), list(range(40)))
    assert verdict.decision == "promoted"
    (comparison,) = verdict.comparisons
    assert (comparison.metric.name, comparison.pieces, comparison.origins) == ("error_rate", 400, 400)
    assert comparison.relative_difference == pytest.approx(-0.9)
    said = next(reason for reason in verdict.reasons if reason.code == "beats_best_baseline")
    assert "error rate −9 points (10 errors per 1,000 against 100), interval −1" in said.text("en")
    assert "hata oranı −9 puan (binde 100 yerine 10 hata), güven aralığı −1" in said.text("tr")


def test_a_baseline_that_makes_almost_no_errors_is_no_denominator() -> None:
    verdict = _classified(list(range(40)), [])
    (comparison,) = verdict.comparisons
    assert comparison.relative_difference is None
    assert 0.05 < comparison.low < comparison.difference == 0.1 < comparison.high < 0.15
    said = " ".join(reason.text(language) for reason in verdict.reasons for language in ("en", "tr"))
    assert "+10 points (100 errors per 1,000 against 0)" in said
    assert "%" not in said
    perfect = decide(
        Contender("a", losses(0.5, 1), metric=RMSE),
        [Contender("b", losses(1e-5, 2), metric=RMSE)],
        None,
        horizon=HORIZON,
        season=SEASON,
    )
    told = perfect.reasons[1].text("en")
    assert "against" in told
    assert "more than +1,000 %" in told
    assert "interval +" not in told or "9,999" not in told


def test_a_relative_margin_of_an_error_rate_is_a_share_of_the_holders() -> None:
    wide = GatePolicy(margin=0.95)
    candidate, baseline = _wrong(list(range(4))), _wrong(list(range(40)))
    contenders: Any = (
        Contender("a", candidate, metric=ERROR_RATE), [Contender("b", baseline, metric=ERROR_RATE)], None
    )  # fmt: skip
    verdict = decide(*contenders, horizon=1, season=1, policy=wide)
    assert verdict.decision == "baseline_promoted"
    assert verdict.comparisons[0].margin == pytest.approx(0.095)
    easy = GatePolicy(margin=0.05, margin_kind="absolute")
    assert decide(*contenders, horizon=1, season=1, policy=easy).decision == "promoted"


def _slices(worse_by: float, *, hours: int = 24, noise: float = 0.5, seed: int = 5) -> Verdict:
    """Hourly origins, one step ahead; the candidate is better everywhere but at seven, by chance or for good."""
    rng = np.random.default_rng(seed)
    origins = 24 * 60
    at = np.arange(origins) % hours
    champion = rng.normal(size=(origins, 1)) ** 2
    candidate = champion * np.exp(noise * rng.normal(size=(origins, 1)))
    for hour in range(hours):
        there, wanted = at == hour, (1 + worse_by if hour == 7 else 0.7) ** 2
        candidate[there] *= wanted * champion[there].sum() / candidate[there].sum()
    return decide(
        Contender("a", candidate, metric=RMSE),
        [Contender("b", 2 * champion, metric=RMSE)],
        Champion("c", champion, unseen=np.ones(origins, dtype=bool), metric=RMSE),
        horizon=1,
        season=24,
        resamples=300,
        slices=[Slice(f"hour {hour}", (at == hour)[:, None], 0.0) for hour in range(hours)],
    )


def test_a_slice_that_seems_worse_by_luck_stops_nobody() -> None:
    lucky = _slices(0.02)
    assert lucky.decision == "promoted"
    seven = next(each for each in lucky.slices if each.name == "hour 7")
    assert seven.comparison.relative_difference > 0  # the mere score would have stopped it
    assert seven.comparison.low < 0 < seven.comparison.high
    for_good = _slices(0.6)
    assert for_good.decision == "kept"
    worse = [reason.params["slice"] for reason in for_good.reasons if reason.code == "slice_worse"]
    assert worse == ["hour 7"]


def test_a_slice_with_too_few_rows_is_not_known_and_the_policy_says_what_then() -> None:
    few = np.zeros((ORIGINS, HORIZON), dtype=bool)
    few[:20] = True
    everyone = (Contender("a", losses(0.8, 1), metric=RMSE), [Contender("b", losses(1.3, 2), metric=RMSE)])
    holder = Champion("c", losses(1.1, 3), unseen=np.ones(ORIGINS, dtype=bool), metric=RMSE)
    options: dict[str, Any] = {"horizon": HORIZON, "season": SEASON, "slices": [Slice("winter", few, 0.1)]}
    blocked = decide(*everyone, holder, **options)
    assert (blocked.decision, blocked.slices[0].worse) == ("kept", None)
    assert "slice_unknown_blocks" in codes(blocked)
    passed = decide(*everyone, holder, policy=GatePolicy(unknown_slices="pass"), **options)
    assert passed.decision == "promoted"
    said = next(reason for reason in passed.reasons if reason.code == "slice_unknown_passes")
    assert "winter”: the slice has 20 origins, but at least 30 are needed" in said.text("en")
    assert passed.record().slices[0].state == "unknown"


def test_a_slice_whose_errors_drift_is_not_known_and_is_not_taken_for_held() -> None:
    """Forty origins of the slice are worth fewer than three: the record, the reasons and the policy agree on that."""
    drift = np.linspace(0.0, 3.0, 40)
    winter = np.arange(ORIGINS) < 40
    candidate, holder = losses(0.8, 1), losses(1.1, 3)
    candidate[winter] = np.square(0.03 + 0.15 * drift)[:, None]
    holder[winter] = np.square(0.9 - 0.15 * drift)[:, None]
    everyone = (Contender("a", candidate, metric=RMSE), [Contender("b", losses(1.3, 2), metric=RMSE)])
    champion = Champion("c", holder, unseen=np.ones(ORIGINS, dtype=bool), metric=RMSE)
    mask = np.repeat(winter[:, None], HORIZON, axis=1)
    options: dict[str, Any] = {"horizon": HORIZON, "season": SEASON, "slices": [Slice("winter", mask, 0.1)]}
    blocked = decide(*everyone, champion, **options)
    assert (blocked.decision, blocked.slices[0].worse) == ("kept", None)
    record = blocked.record().slices[0]
    assert (record.state, record.low, record.high, record.targets) == ("unknown", None, None, 40)
    said = next(reason for reason in blocked.reasons if reason.code == "slice_few_pieces_blocks")
    assert (
        "40 origins of the slice carry as much information as 1 independent one, but at least 3 are needed"
        in said.text("en")
    )
    assert "yalnızca 1 bağımsız gözlem kadar bilgi taşıyor, en az 3 gerekli" in said.text("tr")
    passed = decide(*everyone, champion, policy=GatePolicy(unknown_slices="pass"), **options)
    assert passed.decision == "promoted"
    assert "slice_few_pieces_passes" in codes(passed)


def test_a_handful_of_errors_is_no_proof_however_the_resampling_turns_out() -> None:
    assert _classified([], [3, 5, 7, 11]).decision == "baseline_promoted"  # exact p = 0.125
    assert _classified([], list(range(8))).decision == "promoted"  # exact p = 0.008
    few = _classified([], list(range(8)), examples=20)
    assert [reason.code for reason in few.reasons][1] == "too_few_origins_without_champion"
    assert "Only 20 examples" in few.reasons[1].text("en")


def test_contenders_of_two_metrics_are_refused() -> None:
    with pytest.raises(ValueError, match="one metric"):
        decide(
            Contender("a", _wrong([1]), metric=ERROR_RATE),
            [Contender("b", _wrong([2]), metric=RMSE)],
            None,
            horizon=1,
            season=1,
        )


@repeated(sample=40, full=150)
def test_twenty_candidates_as_good_as_the_champion_seldom_take_its_title(trials: int) -> None:
    """Each look is told of those before it; one end of the interval promotes, so half of the allowance is spent."""
    rng = np.random.default_rng(41)
    fallen, level = 0, 0.8
    for family in range(trials):
        title = (rng.random((300, 1)) < 0.2).astype(float)
        holder = Champion("c", title, metric=ERROR_RATE, unseen=np.ones(300, dtype=bool))
        useless = [Contender("b", np.ones((300, 1)), metric=ERROR_RATE)]
        for look in range(20):
            candidate = Contender("a", (rng.random((300, 1)) < 0.2).astype(float), metric=ERROR_RATE)
            how: dict[str, Any] = {"horizon": 1, "season": 1, "resamples": 300, "seed": family}
            if decide(candidate, useless, holder, level=level, earlier_uses=look, **how).decision == "promoted":
                fallen += 1
                break
    allowed = (1 - level) / 2
    assert fallen / trials <= allowed + 3 * np.sqrt(allowed * (1 - allowed) / trials), fallen
