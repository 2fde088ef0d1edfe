"""The HTML page: whole, in both languages, with nothing from elsewhere, and written at once or not at all."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.judgements.judging import judge
from azuraforge.judgements.page import page, write_page
from azuraforge.judgements.shapes import Judgement
from tests.judgements.series import START, Walk, write
from tools.messages import placeholders, read

HOSTILE = '<script src="//evil">'


@pytest.fixture(scope="module")
def judgement(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    walk = Walk()
    columns = {
        "actual": walk.y,
        "prophet": walk.best,
        "prophet_lower": walk.best - 1.6,
        "prophet_upper": walk.best + 1.6,
        HOSTILE: walk.last,
    }
    return judge(write(tmp_path_factory.mktemp("page") / "p & q.csv", columns))


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "action", "data")]


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_page_asks_for_nothing_from_elsewhere(judgement: Judgement, language: str) -> None:
    content = page(judgement, language)
    parser = _Addresses()
    parser.feed(content)
    assert parser.found == []
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(parser.tags)
    assert not re.search(r"url\(|@import|https?://", content)
    assert "&lt;script" in content
    assert "default-src 'none'" in content
    assert parser.tags.count("svg") == 3
    assert f'<html lang="{language}">' in content
    assert content.endswith("</html>\n")


def test_the_page_shows_what_was_computed(judgement: Judgement) -> None:
    english, turkish = page(judgement, "en"), page(judgement, "tr")
    rmse = next(each for each in judgement.ranking if each.name == "prophet").metrics["rmse"]
    assert f"{rmse:.3f}" in english
    assert f"{rmse:.3f}".replace(".", ",") in turkish
    assert "prophet is better than the best baseline" in english
    assert "en iyi temel yöntemden" in turkish
    assert "{" not in re.sub(r"<style>.*?</style>", "", english + turkish, flags=re.DOTALL)


def test_every_text_exists_in_both_languages_with_the_same_fields() -> None:
    english, turkish = (
        {str(entry.id): str(entry.string) for entry in read(code, "judgements") if str(entry.id).startswith("judge.")}
        for code in ("en", "tr")
    )
    assert english.keys() == turkish.keys()
    assert len(english) > 50
    for key in english:
        assert placeholders(english[key]) == placeholders(turkish[key]), key


def test_a_page_that_cannot_be_written_leaves_the_old_one_whole(judgement: Judgement, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_page(judgement, "en", tmp_path / "nowhere" / "report.html")
    with pytest.raises(InvalidInput, match="it is a folder"):
        write_page(judgement, "en", tmp_path)
    report = tmp_path / "report.html"
    report.write_text("old")

    def fails(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", fails)
        with pytest.raises(InvalidInput, match="No space left on device"):
            write_page(judgement, "en", report)
    assert report.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_charts_stay_small_and_end_at_the_last_prediction(judgement: Judgement) -> None:
    walk = Walk()
    assert judgement.sample is not None
    assert len(judgement.sample.at) == 100
    actual = next(each for each in judgement.sample.lines if each.name == "actual")
    np.testing.assert_allclose(np.array(actual.values, dtype=float), walk.y[-100:])
    assert judgement.lead is not None
    total = judgement.lead.lines[0].values[-1]
    best = min(each.metrics["rmse"] or 0.0 for each in judgement.ranking if each.role == "baseline")
    errors = walk.y[START:] - walk.best[START:]
    assert total == pytest.approx(1 - float(np.mean(errors**2)) / best**2)


def test_charts_draw_the_best_six_models_and_name_the_others(tmp_path: Path) -> None:
    walk = Walk(rows=260)
    noise = {f"m{place}": walk.past + 0.2 * place * walk.rng.normal(size=260) for place in range(8, 0, -1)}
    found = judge(write(tmp_path / "p.csv", {"actual": walk.y, **noise}))
    assert found.sample is not None
    assert found.lead is not None
    order = [each.name for each in found.ranking if each.role == "model"]
    drawn = [each.name for each in found.sample.lines]
    assert drawn == ["actual", *order[:6], found.verdicts[0].baseline]
    assert [each.name for each in found.lead.lines] == order[:6]
    assert set(found.sample.omitted) == set(order[6:]) == set(found.lead.omitted)
    assert f"their RMSE is larger: {', '.join(order[6:])}." in page(found, "en")


@pytest.mark.parametrize(("rows", "code"), [(8, "nothing_learned"), (260, "history")])
def test_the_notes_say_what_the_baselines_learned_from(tmp_path: Path, rows: int, code: str) -> None:
    walk = Walk(rows=rows)
    found = judge(write(tmp_path / "p.csv", {"actual": walk.y, "prediction": walk.past}, start=1))
    assert {each.code for each in found.findings} & {"nothing_learned", "history", "history_once"} == {code}
