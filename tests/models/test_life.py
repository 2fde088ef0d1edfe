"""A version's life: who was champion when, where it comes from, its card, and its way to another place and back."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.models.bundles.archive import open_bundle
from azuraforge.models.gate.record import ReasonRecord, Sentences, VerdictRecord
from azuraforge.models.registry.held_out import HeldOut
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.trash_store import stored_bytes
from azuraforge.projects.quotas.service import QuotaExceeded
from tests.evaluations import EVALUATION

Make = Callable[..., Path]
HAND: dict[str, Any] = {"alias": "champion", "reason": "because", "by": "ayşe"}
VERDICT = VerdictRecord(
    decision="promoted",
    headline="promoted",
    champion="test.step",
    reasons=[
        ReasonRecord(code="no_champion_before", params={}, text=Sentences(en="None before.", tr="Önce yoktu.")),
    ],
)


def _rows(last: float = 10.0, count: int = 4) -> list[dict[str, Any]]:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return [{"at": (start + timedelta(hours=i)).isoformat(), "load": last, "heat": 1.0} for i in range(count)]


def _judge(system: Any, project_id: str, run_id: str = "run1", **verdict: Any) -> None:
    moment = datetime(2026, 2, 2, tzinfo=UTC)
    held_out = HeldOut("data1", "load", moment, moment + timedelta(days=2))

    def work(session: Any) -> None:
        system.service.registry.store_evaluation(
            session,
            run_id,
            "load",
            1,
            evaluation=EVALUATION,
            verdict=VERDICT.model_copy(update=verdict),
            held_out=held_out,
        )

    system.database.write(project_id, work)


def _bundle(system: Any, project_id: str, path: Path, version: int = 1) -> Path:
    with system.service.bundles.write(project_id, "load", version) as made:
        path.write_bytes(made.read())
    return path


def test_history_says_from_when_to_when(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    for version in (1, 2):
        system.service.aliases.promote_by_hand(project_id, "load", version, **HAND)
        system.service.aliases.promote_by_hand(project_id, "load", version, **{**HAND, "alias": "night"})
        time.sleep(0.01)
    champions = system.service.aliases.history(project_id, "load", "champion").items
    assert [line.until for line in champions] == [None, champions[0].at]
    then = champions[1].at + (champions[0].at - champions[1].at) / 2
    (held,) = system.service.aliases.history(project_id, "load", "champion", then).items
    assert (held.version, held.until) == (1, champions[0].at)
    both = system.service.aliases.history(project_id, "load").items
    assert [(line.alias, line.until is None) for line in both] == [
        *(("night", True), ("champion", True), ("night", False), ("champion", False)),
    ]


def test_an_alias_is_set_moved_and_taken_away_with_its_history(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (1.0, 2.0):
        system.add_version(project_id, make_folder(step))
    system.service.aliases.promote_by_hand(project_id, "load", 1, **{**HAND, "alias": "night"})
    system.service.aliases.promote_by_hand(project_id, "load", 2, **{**HAND, "alias": "night"})
    gone = system.service.aliases.remove_by_hand(project_id, "load", "night", reason="no more nights", by="kemal")
    assert (gone.version, gone.previous_version, gone.action, gone.by) == (None, 2, "remove", "kemal")
    assert system.service.reads.show_version(project_id, "load", 2).aliases == []
    with pytest.raises(Conflict, match="has no version under the alias 'night'"):
        system.predict(project_id, "load", PredictRequest(rows=_rows(), alias="night"), "ayşe")
    with pytest.raises(NotFound):
        system.service.aliases.remove_by_hand(project_id, "load", "night", reason="r", by="a")
    again = system.service.aliases.promote_by_hand(project_id, "load", 1, **{**HAND, "alias": "night"})
    assert (again.version, again.previous_version) == (1, None)
    history = system.service.aliases.history(project_id, "load", "night").items
    assert [line.version for line in history] == [1, None, 2, 1]
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    with pytest.raises(Conflict, match="cannot be removed"):
        system.service.aliases.remove_by_hand(project_id, "load", "champion", reason="r", by="a")
    for reserved in ("latest", "3", "v3", "none"):
        with pytest.raises(InvalidInput, match="is reserved and cannot be an alias"):
            system.service.aliases.promote_by_hand(project_id, "load", 1, **{**HAND, "alias": reserved})


def test_rollback_returns_the_former_answers_exactly(system: Any, project_id: str, make_folder: Make) -> None:
    for step in (0.1, 0.3):
        system.add_version(project_id, make_folder(step))
    asked = PredictRequest(rows=_rows(0.7))
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)
    before = system.predict(project_id, "load", asked, "ayşe")
    system.service.aliases.promote_by_hand(project_id, "load", 2, **HAND)
    other = system.predict(project_id, "load", asked, "ayşe")
    assert other.predictions != before.predictions
    for child in system.children:  # the former answers come from a fresh process
        child.close()
    system.service.aliases.rollback_by_hand(project_id, "load", **HAND)
    after = system.predict(project_id, "load", asked, "ayşe")
    assert (after.version, after.predictions) == (1, before.predictions)


def test_lineage_tells_what_came_of_what(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(1.0))
    system.add_version(project_id, make_folder(2.0), run_id="run2", parent_version=1)
    system.service.aliases.promote_by_hand(project_id, "load", 2, **HAND)
    for _ in range(2):
        system.predict(project_id, "load", PredictRequest(rows=_rows()), "ayşe")
    graph = system.service.lineage.of(project_id, "load")
    kinds = {node.id: node.kind for node in graph.nodes}
    assert sorted(kinds.values()) == ["dataset", "predictions", "run", "run", "version", "version"]
    edges = {(edge.start, edge.end): edge.kind for edge in graph.edges}
    assert edges["dataset:data1:1", "run:run1"] == "learned"
    assert edges["run:run2", "version:2"] == "made"
    assert edges["version:1", "version:2"] == "champion_then"
    assert edges["version:2", "predictions:2"] == "said"
    assert all(start in kinds and end in kinds for start, end in edges)
    said = next(node for node in graph.nodes if node.kind == "predictions")
    assert (said.predictions.made, said.predictions.judged) == (2, 0)
    assert next(node for node in graph.nodes if node.id == "version:2").aliases == ["champion"]
    with pytest.raises(NotFound):
        system.service.lineage.of(project_id, "nobody")


def test_a_card_says_what_the_rows_say_in_two_languages(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(), config={"horizon": 3, "season": None})
    unjudged = system.service.cards.show(project_id, "load", 1, "en").markdown
    assert "This version has not been evaluated" in unjudged
    _judge(system, project_id)
    system.service.cards.set_intended_use(project_id, "load", "Heating plans.\n<script>alert(1)</script>", "ayşe")
    english, turkish = (system.service.cards.show(project_id, "load", 1, each).markdown for each in ("en", "tr"))
    for text in ("# Model card: load v1", "load (kW)", "f" * 64, "| test.step | candidate | 1.25 | −10 % | 88 % |"):
        assert text in english
    assert "> Heating plans." in english
    assert "not better than the baseline forecasting.naive" in english
    assert "It was not compared with forecasting.ets" in english
    assert "| test.step | aday | 1,25 | −%10 | %88 |" in turkish
    assert "Önce yoktu." in turkish
    for card in (english, turkish):
        assert not re.search(r"[<>]\w", card)  # no HTML, whatever people and plugins write
    # Every number of the scores' table is one of the evaluation's.
    cells = re.findall(r"^\| (?:test|forecasting)\.\w+ \| \w+ \| (.*) \|$", english, re.MULTILINE)
    shown = {cell for line in cells for cell in line.split(" | ")}
    assert shown == {"1.25", "88 %", "−10 %", "1.14", "0 %", "–"}
    assert ("season=–" in english, "=None" in english + turkish) == (True, False)


def test_a_card_names_the_baseline_that_a_person_may_promote(system: Any, project_id: str, make_folder: Make) -> None:
    system.add_version(project_id, make_folder(), config={"horizon": 3, "season": None})
    _judge(system, project_id, decision="approved", approved="forecasting.naive")
    card = system.service.cards.show(project_id, "load", 1, "en").markdown
    assert "**forecasting.naive is approved and can be promoted by hand.**" in card


def test_a_card_shows_rows_of_days_as_dates_of_their_zone(system: Any, project_id: str, make_folder: Make) -> None:
    schema = {"time": "at", "target": "load", "frequency": "1d", "timezone": "Europe/Istanbul", "unit": "kW"}
    learned = {"start": "2025-12-31T21:00:00Z", "end": "2026-01-31T21:00:00Z", "rows": 32}
    system.add_version(project_id, make_folder(), schema=schema, learned_from=learned)
    card = system.service.cards.show(project_id, "load", 1, "en").markdown
    assert "| 2026-01-01 – 2026-02-01, 32 rows |" in card
    assert "trained only on rows between 2026-01-01 and 2026-02-01" in card


def test_a_bundle_is_the_same_bytes_and_answers_alone(
    system: Any, project_id: str, make_folder: Make, tmp_path: Path, plugins_folder: Path
) -> None:
    system.add_version(project_id, make_folder(0.3))
    _judge(system, project_id)
    bundle = _bundle(system, project_id, tmp_path / "load-v1.zip")
    system.service.aliases.promote_by_hand(project_id, "load", 1, **HAND)  # what changes around a version is not in it
    assert _bundle(system, project_id, tmp_path / "again.zip").read_bytes() == bundle.read_bytes()
    with zipfile.ZipFile(bundle) as packed:
        sums = dict(reversed(line.split("  ", 1)) for line in packed.read("SHA256SUMS").decode().splitlines())
        assert set(sums) | {"SHA256SUMS"} == set(packed.namelist())
        assert all(hashlib.sha256(packed.read(name)).hexdigest() == sums[name] for name in sums)
        assert {"README.md", "CARD.md", "CARD.tr.md", "evaluation.json", "schema.json"} < set(sums)
        readme = packed.read("README.md").decode()
    answer = system.predict(project_id, "load", PredictRequest(rows=_rows(0.7)), "ayşe")
    with open_bundle(bundle, plugins_folder) as version:
        assert [point["value"] for point in version.predict(_rows(0.7))["points"]] == [
            point.value for point in answer.predictions
        ]
    # The README's own words, in a process that knows nothing else; the Turkish part is below the English one.
    english, turkish = readme.split("## Türkçe")
    assert "yakın geçmiş" in turkish
    (code,) = re.findall(r"```python\n(.*?)```", english, re.DOTALL)
    code = f"rows = {_rows(0.7)!r}\n" + code.replace('load-v1.zip"', f'{bundle}", {str(plugins_folder)!r}')
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert repr(answer.predictions[2].value) in done.stdout


def test_a_bundle_comes_into_another_project_and_says_so(
    system: Any, project_id: str, other_project_id: str, make_folder: Make, tmp_path: Path
) -> None:
    system.add_version(project_id, make_folder(0.3), metrics={"rmse": 1.25})
    _judge(system, project_id)
    bundle = _bundle(system, project_id, tmp_path / "load-v1.zip")
    bundles = system.service.bundles
    assert bundles.bring_in(other_project_id, bundle, None, "kemal") == ("load", 1, True)
    assert bundles.bring_in(other_project_id, bundle, None, "kemal") == ("load", 1, False)
    assert bundles.bring_in(other_project_id, bundle, "copy", "kemal") == ("copy", 1, True)
    mine = system.service.reads.show_version(project_id, "load", 1)
    theirs = system.service.reads.show_version(other_project_id, "load", 1)
    assert (theirs.content_hash, theirs.metrics) == (mine.content_hash, mine.metrics)
    assert (theirs.run_id, theirs.dataset_id, theirs.dataset_fingerprint) == (None, None, "f" * 64)
    assert theirs.imported.run_id == "run1"
    assert theirs.imported.by == "kemal"
    graph = system.service.lineage.of(other_project_id, "load")
    assert [(edge.kind, edge.end) for edge in graph.edges] == [("imported", "version:1")]
    card = system.service.cards.show(other_project_id, "load", 1, "en").markdown
    assert "Imported from a bundle" in card
    assert "| test.step | candidate | 1.25 |" in card
    asked = PredictRequest(rows=_rows(0.7), version=1)
    assert (
        system.predict(other_project_id, "load", asked, "kemal").predictions
        == system.predict(project_id, "load", asked, "ayşe").predictions
    )
    with pytest.raises(InvalidInput, match="not trained on a stored dataset"):
        system.predict(other_project_id, "load", PredictRequest(version=1), "kemal")
    other = {"time": "at", "target": "price", "unit": "TRY", "frequency": "1h"}
    system.add_version(other_project_id, make_folder(0.5), model="price", schema=other)
    with pytest.raises(Conflict, match="differ in task, target or unit"):
        bundles.bring_in(other_project_id, bundle, "price", "kemal")


def test_a_bundle_beyond_the_quota_is_refused_and_leaves_nothing(
    system: Any, project_id: str, other_project_id: str, make_folder: Make, tmp_path: Path
) -> None:
    system.add_version(project_id, make_folder(0.3))
    bundle, bundles, asked = _bundle(system, project_id, tmp_path / "load-v1.zip"), system.service.bundles, []

    def held() -> int:
        with system.database.read(other_project_id) as session:
            return stored_bytes(session)

    def check(_session: Any, limited: str, more: int) -> None:
        asked.append((limited, more))
        raise QuotaExceeded("full", next_step="wait", code="quota_exceeded")

    allowed, bundles._check_quota = bundles._check_quota, check
    with pytest.raises(QuotaExceeded):
        bundles.bring_in(other_project_id, bundle, None, "kemal")
    assert not asyncio.run(system.service.lookup.list(other_project_id)).items
    assert (system.folders.addresses(other_project_id), held()) == ([], 0)
    bundles._check_quota = allowed
    bundles.bring_in(other_project_id, bundle, None, "kemal")
    assert asked == [("stored_bytes", held())]
    bundles._check_quota = check
    bundles.bring_in(other_project_id, bundle, "copy", "kemal")  # its files are stored already
    system.service.trash.delete(other_project_id, "load", None, "kemal")
    size = held()
    system.service.trash.restore(other_project_id, "load", None)
    assert held() == size == asked[0][1]


def _repacked(bundle: Path, target: Path, change: Callable[[dict[str, bytes]], None], **options: Any) -> Path:
    with zipfile.ZipFile(bundle) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with zipfile.ZipFile(target, "w", **options) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return target


def _flip(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])

    return change


def _forge(files: dict[str, bytes]) -> None:
    """Other weights, and sums that fit them: only the content hash tells."""
    _flip("version/weights.safetensors")(files)
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files) if name != "SHA256SUMS"]
    files["SHA256SUMS"] = "".join(sums).encode()


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_flip("version/weights.safetensors"), "was changed or truncated"),
        (_flip("CARD.md"), "was changed or truncated"),
        (lambda files: files.pop("version/preprocessing.json"), "is missing"),
        (lambda files: files.update({"version/run.py": b"1"}), "is an unexpected file"),
        (lambda files: files.update({"../out.json": b"1"}), "is not a valid name in a bundle"),
        (lambda files: files.update({"version//tmp/azuraforge-out.json": b"1"}), "is not a valid name in a bundle"),
        (lambda files: files.update({"version/./run.json": b"1"}), "is not a valid name in a bundle"),
        (lambda files: files.pop("SHA256SUMS"), "SHA256SUMS is missing"),
        (_forge, "does not match its content hash"),
    ],
)
def test_a_bundle_that_was_changed_is_refused(
    system: Any, project_id: str, make_folder: Make, tmp_path: Path, change: Any, message: str
) -> None:
    system.add_version(project_id, make_folder())
    bundle = _bundle(system, project_id, tmp_path / "a.zip")
    broken = _repacked(bundle, tmp_path / "b.zip", change)
    with pytest.raises(Exception, match=message):
        system.service.bundles.bring_in(project_id, broken, "copy", "kemal")
    assert [model.name for model in asyncio.run(system.service.lookup.list(project_id)).items] == ["load"]
    squeezed = _repacked(bundle, tmp_path / "c.zip", lambda _: None, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InvalidInput, match="compressed or encrypted"):
        system.service.bundles.bring_in(project_id, squeezed, "copy", "kemal")
    (tmp_path / "d.zip").write_bytes(b"no zip at all")
    with pytest.raises(InvalidInput, match="incomplete or damaged"):
        system.service.bundles.bring_in(project_id, tmp_path / "d.zip", "copy", "kemal")
