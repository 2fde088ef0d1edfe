"""Steps of a training run, each executed in a separate child process.

    validate            before the run exists: check that the config fits the data
    split               the pipeline selects row ranges; write the train and validation sets
    fit                 fit the candidate; only the train and validation sets exist yet
    fit_baselines       fit every baseline
    hold_out            write the test set and, in a separate folder, the truth
    predict             load, predict and check for leakage, in a new process; also for the champion
    predict_baselines   predict with every baseline

``judge.py`` contains the steps that follow. Everything that depends on the task is delegated to its ``TaskKind``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.pipelines.contexts import CandidateContext, Child
from azuraforge.pipelines.data import read_dataset, read_present_forecasts
from azuraforge.pipelines.latency import latency_ms
from azuraforge.pipelines.predictor import learn
from azuraforge.pipelines.shapes import (
    CutSplit,
    EngineUsed,
    FitInput,
    HeldOutRows,
    HoldOutInput,
    Learned,
    LearnedBaseline,
    LearnedBaselines,
    PredictBaselinesInput,
    PredictedBaseline,
    PredictedBaselines,
    PredictInput,
    PredictResult,
    SplitInput,
    Validated,
    asked,
)
from azuraforge.plugins.contract.conformance import check_config
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.plugins.contract.pipeline import AnyPipeline, Config
from azuraforge.plugins.contract.sentences import reason_of
from azuraforge.plugins.contract.silent_run import SilentRun, pretrained_weights
from azuraforge.plugins.contract.task_kind import AnyTaskKind
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.plugins.discovery.loading import load_plugin, load_task_kind
from azuraforge.plugins.forecasting.panels import UNKNOWN_SERIES
from azuraforge.processes.failures import sentence_of
from azuraforge.strict_json import JsonObject


def validate(child: Child) -> Validated:
    """Split the dataset without writing the parts and check pretrained weights, so that invalid requests create no run.

    ``SplitInput`` → ``Validated``.
    """
    wanted = asked(SplitInput, child.payload)
    found, config = split_dataset(wanted, None)
    pipeline, _ = load_pipeline(wanted.plugin, wanted.plugins_folder)
    pipeline.check_pretrained(config, partial(pretrained_weights, wanted.pretrained_folder))
    return Validated(**found.model_dump(), config=config.model_dump(mode="json"))


def split(child: Child) -> CutSplit:
    """Write the train and validation sets. ``SplitInput`` → ``CutSplit``."""
    wanted = asked(SplitInput, child.payload)
    found, _ = split_dataset(wanted, child.outputs)
    _, kind = load_pipeline(wanted.plugin, wanted.plugins_folder)
    task_config = kind.own_config(wanted.config).model_dump(mode="json")
    return CutSplit(**found.model_dump(), task_config=task_config)


def fit(child: Child) -> Learned:
    """Fit the candidate: its predictor in ``predictor/``, its own files in ``files/``. ``FitInput`` → ``Learned``."""
    return learn_candidate(child, asked(FitInput, child.payload))


def fit_baselines(child: Child) -> LearnedBaselines:
    """Fit every baseline of the candidate's task kind. ``FitInput`` → ``LearnedBaselines``.

    A failed baseline is listed with its reason and does not end the run.
    """
    return learn_baselines(child, asked(FitInput, child.payload))


def learn_candidate(child: Child, wanted: FitInput) -> Learned:
    """Fit the run's own pipeline, and write ``predictor/`` and ``files/`` to the outputs."""
    pipeline, kind = load_pipeline(wanted.plugin, wanted.plugins_folder)
    config = config_of(pipeline, wanted.config, wanted.plugin)
    files = child.outputs / "files"
    files.mkdir(parents=True, exist_ok=True)
    run = CandidateContext(child, config, files, wanted.pretrained_folder)
    train, validation = (kind.load_part(Path(part)) for part in (wanted.train, wanted.validation))
    engine = use_engine(child, pipeline)
    folder = child.outputs / "predictor"
    learned = learn(wanted.plugin, pipeline, run, train, validation, folder)
    kind.remember(train, validation, folder)  # for lineage, so it is not part of the weights' hash
    return learned.model_copy(update={"engine": engine})


def learn_baselines(child: Child, wanted: FitInput) -> LearnedBaselines:
    """Fit every baseline that is compared with ``wanted.plugin``, each into ``<name>/predictor/``.

    A failed baseline is listed with its reason.
    """
    _, kind = load_pipeline(wanted.plugin, wanted.plugins_folder)
    train, validation = (kind.load_part(Path(part)) for part in (wanted.train, wanted.validation))
    own = kind.own_config(wanted.config).model_dump(mode="json")
    names = wanted.baselines
    found: list[LearnedBaseline] = []
    for done, name in enumerate(names):
        child.progress(done, len(names), name)
        try:
            pipeline, _ = load_pipeline(name, wanted.plugins_folder)
            config = config_of(pipeline, own, name)
            outputs = child.outputs / name / "files"
            outputs.mkdir(parents=True, exist_ok=True)
            run = SilentRun(config, child.seed, child.threads, outputs)
            engine = use_engine(child, pipeline)
            folder = child.outputs / name / "predictor"
            learned = learn(name, pipeline, run, train, validation, folder)
            kind.remember(train, validation, folder)
            found.append(
                LearnedBaseline(
                    name=name,
                    config=config.model_dump(mode="json"),
                    weights_sha256=learned.weights_sha256,
                    seconds=learned.seconds,
                    engine=engine,
                )
            )
        except Exception as error:
            found.append(LearnedBaseline(name=name, failed=reason_of(error)))
    child.progress(len(names), len(names))
    return LearnedBaselines(baselines=tuple(found))


def hold_out(child: Child) -> HeldOutRows:
    """Write the test set without targets, and separately the truth. ``HoldOutInput`` → ``HeldOutRows``."""
    wanted = asked(HoldOutInput, child.payload)
    kind = load_task_kind(wanted.task, wanted.plugins_folder)
    champion = wanted.champion
    configs = [kind.own_config(config) for config in (wanted.config, *([champion.config] if champion else []))]
    meaning = wanted.dataset.meaning
    frame = read_dataset(wanted.dataset)
    table = kind.table(frame, meaning)
    origins = kind.hold_out(table, kind.Split.model_validate(wanted.split.model_dump()), configs, child.outputs)
    if (told := read_present_forecasts(wanted.dataset, frame)) is not None:
        kind.hold_out_incumbent(told, meaning, child.outputs)
    obstacle = None if champion is None else kind.obstacle(champion.meaning, meaning, champion.learned_from)
    return HeldOutRows(origins=origins, obstacle=obstacle)


def predict(child: Child) -> PredictResult:
    """Load the saved predictor, predict, and check for leakage. ``PredictInput`` → ``PredictResult``.

    A failure of the champion is returned as the result's ``problem``; other failures end the run.
    """
    wanted = asked(PredictInput, child.payload)
    try:
        return _predict(child, wanted, child.outputs, thorough=True)
    except Exception as error:
        if not wanted.champion:
            raise
        none_of = None
        if isinstance(error, InvalidInput) and error.error_code == UNKNOWN_SERIES:
            none_of = error.details.get("count")
        return PredictResult(problem=reason_of(error), none_of=none_of if isinstance(none_of, int) else None)


def predict_baselines(child: Child) -> PredictedBaselines:
    """Predict with every baseline into ``<name>/``. ``PredictBaselinesInput`` → ``PredictedBaselines``.

    A failed baseline is listed with its reason and does not end the run.
    """
    wanted = asked(PredictBaselinesInput, child.payload)
    found: list[PredictedBaseline] = []
    for done, each in enumerate(wanted.baselines):
        child.progress(done, len(wanted.baselines), each.name)
        try:
            outputs = child.outputs / each.name
            outputs.mkdir(parents=True, exist_ok=True)
            one = PredictInput(
                plugins_folder=wanted.plugins_folder,
                plugin=each.name,
                predictor=each.predictor,
                test=wanted.test,
                future=wanted.future,
            )
            _predict(child, one, outputs, thorough=False)
            found.append(PredictedBaseline(name=each.name))
        except Exception as error:
            found.append(PredictedBaseline(name=each.name, failed=reason_of(error)))
    child.progress(len(wanted.baselines), len(wanted.baselines))
    return PredictedBaselines(baselines=tuple(found))


def split_dataset(wanted: SplitInput, folder: Path | None) -> tuple[SplitResult, Config]:
    """Return the checked split and the parsed config; write the train and validation sets to ``folder`` unless None.

    Raises InvalidInput if the config is invalid, or if the dataset does not fit the pipeline or the config.
    """
    pipeline, kind = load_pipeline(wanted.plugin, wanted.plugins_folder)
    config = config_of(pipeline, wanted.config, wanted.plugin)
    meaning = wanted.dataset.meaning
    kind.check_pipeline(wanted.plugin, pipeline, meaning)
    config = config.completed(meaning)
    table = kind.table(read_dataset(wanted.dataset), meaning)
    return kind.split(pipeline, table, config, folder, studied=wanted.studied, retrained=wanted.retrained), config


def load_pipeline(name: str, plugins_folder: str | None) -> tuple[AnyPipeline, AnyTaskKind]:
    """Return a pipeline and its task kind.

    Raises NotFound if the pipeline or its kind is unknown, and InvalidInput if one of them is broken or their configs
    do not match.
    """
    pipeline: AnyPipeline = load_plugin("pipeline", name, plugins_folder)()
    kind = load_task_kind(pipeline.kind, plugins_folder)
    check_config(name, pipeline.Config, kind.Config, kind.name)
    return kind.completed(pipeline), kind


def config_of(pipeline: AnyPipeline, config: JsonObject, name: str) -> Config:
    """Parse a config with the pipeline's own config class. Raises InvalidInput if it is invalid."""
    parsed = parse_config(pipeline.Config, config, name)
    assert isinstance(parsed, Config)  # base class of all task kinds' configs
    return parsed


def use_engine(child: Child, pipeline: AnyPipeline, made_with: JsonObject | None = None) -> EngineUsed | None:
    """Select the engine's backend and return it; return None for a pipeline that does not use the engine.

    ``made_with`` is the backend with which a version was trained, or None.
    """
    if not pipeline.uses_engine:
        return None
    chosen = child.use_engine(made_with)
    return EngineUsed.model_validate({name: chosen[name] for name in EngineUsed.model_fields})


def _predict(child: Child, wanted: PredictInput, outputs: Path, *, thorough: bool) -> PredictResult:
    """Predict the test set and the future rows.

    If not ``thorough``, as for a baseline, check fewer predictions for leakage, and omit the latency and the
    predictions of members. The champion is not checked for leakage. If it does not know every series of the test set,
    it predicts only the known ones, and no future rows.
    """
    name = wanted.plugin
    pipeline, kind = load_pipeline(name, wanted.plugins_folder)
    use_engine(child, pipeline, wanted.engine)
    predictor = pipeline.load(Path(wanted.predictor))

    answer = partial(pipeline.predict, predictor)
    test = kind.load_part(Path(wanted.test))
    tried = 0
    if wanted.champion:
        predictions, unknown = kind.predict_known(name, answer, test, partial(pipeline.knows_series, predictor))
        if unknown:
            kind.save_predictions(predictions, outputs / "test.npz")
            return PredictResult(unknown=unknown)
    else:
        predictions = kind.predict(name, answer, test)
        tried = kind.guard(name, answer, test, predictions, child.seed, thorough=thorough)
    kind.save_predictions(predictions, outputs / "test.npz")
    refitted = _future_of_serving(wanted, pipeline, kind, outputs)
    if not refitted:
        kind.predict_future(name, answer, Path(wanted.future), outputs / "future.npz")
    latency = latency_ms(answer, test, kind.alone) if thorough else None
    members = _member_predictions(child, pipeline, predictor, kind, test, outputs / "members") if thorough else {}
    return PredictResult(latency_ms=latency, guarded=tried, refitted=refitted, members=members)


def _member_predictions(
    child: Child, pipeline: AnyPipeline, predictor: object, kind: AnyTaskKind, test: object, home: Path
) -> dict[str, str]:
    """Write the predictions of each member and return their folders by name.

    Members are informative only, so a failure adds a note and returns an empty dict.
    """
    folders: dict[str, str] = {}
    try:
        predictions = pipeline.member_predictions(predictor, test)
        for place, name in enumerate(sorted(predictions)):
            folder = home / f"{place:02d}"
            folder.mkdir(parents=True)
            checked = kind.predict(name, partial(_stated, predictions[name]), test)
            kind.save_predictions(checked, folder / "test.npz")
            folders[name] = str(folder)
    except Exception as error:
        child.note(
            Message("The members' own errors on the test set are not known: {problem}", {"problem": sentence_of(error)})
        )
        return {}
    return folders


def _stated(predictions: object, _part: object) -> object:
    return predictions


def _future_of_serving(wanted: PredictInput, pipeline: AnyPipeline, kind: AnyTaskKind, outputs: Path) -> bool:
    """Predict the future with a champion's refitted predictor; return whether this succeeded.

    Failures are ignored, because they must not prevent a verdict.
    """
    if wanted.serving is None:
        return False
    try:
        answer = partial(pipeline.predict, pipeline.load(Path(wanted.serving)))
        kind.predict_future(wanted.plugin, answer, Path(wanted.future), outputs / "future.npz")
    except Exception:
        return False
    return True
