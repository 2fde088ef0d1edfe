"""The example of a task kind: one dropped-in file, trained, gated, promoted and reported by a platform that does not
know it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from rich.console import Console

from azuraforge.cli.language import Language
from azuraforge.cli.output.model import show_model
from azuraforge.cli.output.verdict import show_evaluation
from azuraforge.cli.output.watching import phase_name
from azuraforge.cli.terminal import Terminal
from azuraforge.client.evaluation import Scores, Verdict
from azuraforge.client.model import Model
from azuraforge.client.plugins import TaskKind
from azuraforge.datasets.package import DATASETS
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput
from azuraforge.models.package import MODELS
from azuraforge.models.schemas import PolicyRequest, PredictRequest
from azuraforge.platform.composition import Platform
from azuraforge.plugins.package import CATALOGUE
from azuraforge.reports.package import REPORTS
from azuraforge.runs.package import RUNS
from azuraforge.runs.schemas import RunDetail, RunRequest
from azuraforge.settings import RunSettings, Settings
from azuraforge.studies.package import STUDIES
from azuraforge.studies.schemas import StudyRequest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "ordinal_levels.py"
ENDED = ("succeeded", "failed", "cancelled", "quarantined")


def ended(platform: Platform, run: RunDetail) -> RunDetail:
    deadline = time.monotonic() + 120
    while run.state not in ENDED:
        assert time.monotonic() < deadline, run
        time.sleep(0.03)
        run = platform.services[RUNS].get(platform.owner.project_id, run.id)
    return run


def warnings(path: Path, rows: int = 600) -> Path:
    """Levels that follow two of three inputs, with noise."""
    rng = np.random.default_rng(7)
    inputs = rng.normal(size=(rows, 3))
    level = np.digitize(inputs @ [1.5, -1.0, 0.0] + rng.normal(size=rows) * 0.7, [-1.0, 1.0])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = ["at,level,wind,pressure,noise"]
    for row, (a, b, c) in enumerate(inputs):
        at = (start + timedelta(hours=row)).isoformat()
        lines.append(f"{at},{level[row]},{a:.4f},{b:.4f},{c:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def terminal_in(language: str) -> Terminal:
    console = Console(file=StringIO(), width=160, highlight=False, color_system=None)
    return Terminal(Language(language), console=console, errors=console)


def printed(language: str, show: Callable[[Terminal], None]) -> str:
    """What a command prints, with single spaces."""
    terminal = terminal_in(language)
    show(terminal)
    file = terminal.console.file
    assert isinstance(file, StringIO)
    return " ".join(file.getvalue().split())


def saved(bundle: IO[bytes], folder: Path) -> Path:
    path = folder / "warnings.zip"
    path.write_bytes(bundle.read())
    return path


def test_a_dropped_in_task_kind_is_trained_gated_promoted_and_reported(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(EXAMPLE, home / "plugins")
    platform = Platform(Settings(home=home, runs=RunSettings(concurrency=1)))
    platform.start()
    try:
        services, project_id = platform.services, platform.owner.project_id
        datasets, models, runs = services[DATASETS], services[MODELS], services[RUNS]

        kind = services[CATALOGUE].task_kinds()["levels"]
        assert (kind.origin, kind.gate_metrics) == ("plugins/ordinal_levels.py", ("rps",))
        assert kind.metric("rps").title["tr"] == "RPS"

        path = warnings(tmp_path / "warnings.csv")
        datasets.add_file(project_id, path, path.name, FileOptions(name="warnings", time="at", target="level"))
        alone = RunRequest(plugin="levels.frequency", dataset="warnings", model="warnings")
        with pytest.raises(InvalidInput, match=r"levels\.frequency is the only baseline of the task kind 'levels'"):
            runs.create(project_id, alone, "ada")
        search = StudyRequest(name="alone", plugin="levels.frequency", dataset="warnings", space={})
        with pytest.raises(InvalidInput, match=r"levels\.frequency is the only baseline of the task kind 'levels'"):
            services[STUDIES].create(project_id, search, "ada")

        request = RunRequest(plugin="levels.cumulative", dataset="warnings", model="warnings", seed=3)
        run = ended(platform, runs.create(project_id, request, "ada"))
        assert run.state == "succeeded", run.error
        assert run.summary is not None
        assert (run.summary["decision"], run.summary["champion_version"]) == ("promoted", 1)

        stored = models.reads.evaluation(project_id, run.id)
        evaluation = stored.evaluation
        assert [(each.name, each.role) for each in evaluation.contenders] == [
            ("levels.cumulative", "candidate"),
            ("levels.frequency", "baseline"),
        ]
        ours, baseline = (each.metrics["rps"] for each in evaluation.contenders)
        assert ours is not None
        assert baseline is not None
        assert ours < 0.6 * baseline
        assert evaluation.guarded.tried == 64
        (comparison,) = evaluation.comparisons
        assert comparison.shown["en"].measure == "RPS"
        assert "RPS" in " ".join(reason.text.tr for reason in stored.verdict.reasons)

        assert run.figures == ["shares"]
        shares = runs.figure(project_id, run.id, "shares")
        assert shares["levels"] == [0, 1, 2]
        assert sum(shares["occurred"]) == pytest.approx(1)
        assert shares["predicted"] == pytest.approx(shares["occurred"], abs=0.1)

        document = services[REPORTS].write(project_id, run.id, "md", "tr").content.decode()
        assert "tam düzey" in document
        assert "| **levels.cumulative** (aday) |" in document
        described = models.cards.show(project_id, "warnings", 1, "en").markdown
        assert "exact level" in described
        assert "| Task | Ordinal levels |" in described
        assert "| Görev | Sıralı düzeyler |" in models.cards.show(project_id, "warnings", 1, "tr").markdown

        detail = models.reads.show(project_id, "warnings").model_dump(mode="json")
        kinds = [TaskKind.from_json(each.model_dump(mode="json")) for each in services[CATALOGUE].task_kinds().values()]
        for language, head in (("en", "version plugin RPS skill aliases"), ("tr", "sürüm eklenti RPS beceri")):
            shown = printed(language, lambda terminal: show_model(terminal, Model.from_json(detail), kinds))
            assert head in shown
            assert f" levels.cumulative {Language(language).number(ours, 4)} " in shown
            assert "RMSE" not in shown
            assert "azuraforge models predict" not in shown, "versions of this kind answer no single questions"

        scores, verdict = (part.model_dump(mode="json") for part in (evaluation, stored.verdict))
        for language, title, phase in (
            ("en", "level on the test set: 150 examples; trained on 390", "splitting the data"),
            ("tr", "level, test kümesinde: 150 örnek; 390 örnekle eğitildi", "veri bölünüyor"),
        ):
            shown = printed(
                language,
                lambda terminal: show_evaluation(terminal, Scores.from_json(scores), Verdict.from_json(verdict)),
            )
            assert title in shown
            assert "– –" not in shown
            assert phase_name(terminal_in(language), "split") == phase

        question = PredictRequest(rows=[{"at": "2026-03-01T00:00:00Z", "wind": 1.0, "pressure": 0.0, "noise": 0.0}])
        with pytest.raises(InvalidInput, match="versions of the task kind levels are not served online"):
            asyncio.run(models.predict(project_id, "warnings", question, "ada"))
        with models.bundles.write(project_id, "warnings", 1) as bundle:
            assert models.bundles.bring_in(project_id, saved(bundle, tmp_path), "brought", "ada") == (
                "brought",
                1,
                True,
            )

        models.policies.set(project_id, "warnings", PolicyRequest(metric="rps", reason="its own"), "ada")
        with pytest.raises(InvalidInput, match="use one of these metrics, or omit the field: rps"):
            models.policies.set(project_id, "warnings", PolicyRequest(metric="rmse", reason="no"), "ada")
    finally:
        platform.stop()
