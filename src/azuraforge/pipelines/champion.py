"""The current champion in the comparison: its predictions on the candidate's test set, or why there are none."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from azuraforge.errors import StorageError
from azuraforge.models.reads import LearnedVersion
from azuraforge.models.registry.folder import VersionFolders, read_card
from azuraforge.models.registry.learned import comparable_predictor
from azuraforge.pipelines.shapes import ChampionData, PredictInput, PredictResult
from azuraforge.plugins.contract.judging import PresentChampion, Remark, SplitResult, other
from azuraforge.plugins.contract.sentences import reason_of
from azuraforge.plugins.contract.shape import Texts


def champion_data(champion: LearnedVersion, split: SplitResult) -> ChampionData:
    """Return the champion's schema and config, and the range of rows that its comparable predictor learned from."""
    _, learned = comparable_predictor(champion.learned_from, split.parts["test"].start)
    return ChampionData(meaning=champion.schema, config=champion.config, learned_from=learned)


def present_champion(
    row: LearnedVersion,
    name: str,
    folders: VersionFolders,
    split: SplitResult,
    asked: PredictInput,
    obstacle: Remark | None,
    predict: Callable[[PredictInput], PredictResult],
) -> PresentChampion:
    """Return the champion with its predictions, or with the obstacle to a comparison.

    Args:
        row: the champion's version.
        name: name of the champion in reasons.
        folders: the store of versions; the champion's folder is verified before it is loaded.
        split: the candidate's split.
        asked: the input of the candidate's prediction step, whose test set the champion predicts, too.
        obstacle: an obstacle that is already known, or None.
        predict: executes the prediction step.
    """
    part, learned = comparable_predictor(row.learned_from, split.parts["test"].start)
    found = PresentChampion(name=name, learned_from=(learned,) if learned else (), obstacle=obstacle)
    if obstacle is not None:
        return found
    try:
        folder = folders.verify(row.project_id, row.content_hash)
    except StorageError as error:
        return _with_obstacle(found, _unreadable(reason_of(error)))
    # The horizon is read from the card, because a config need not contain it.
    card = read_card(folder)
    if (theirs := card.horizon) != split.horizon:
        return _with_obstacle(found, other("other_horizon", theirs, split.horizon))
    wanted = PredictInput(
        plugins_folder=asked.plugins_folder,
        plugin=row.plugin,
        predictor=str(folder / part),
        serving=str(folder) if row.learned_from.evaluated is not None else None,
        test=asked.test,
        future=asked.future,
        engine=card.engine,
        champion=True,
    )
    answer = predict(wanted)
    if answer.none_of:
        return _with_obstacle(found, Remark(code="no_common_series", params={"count": answer.none_of}))
    if answer.problem is not None:
        return _with_obstacle(found, _unreadable(answer.problem))
    return found.model_copy(
        update={
            "predictions": answer.outputs,
            "folder": str(folder),
            "unknown": answer.unknown,
            "refitted": answer.refitted,
        }
    )


def _with_obstacle(champion: PresentChampion, obstacle: Remark) -> PresentChampion:
    return champion.model_copy(update={"obstacle": obstacle})


def _unreadable(problem: Texts) -> Remark:
    params: dict[str, JsonValue] = {f"problem_{language}": text for language, text in problem.items()}
    return Remark(code="champion_unreadable", params=params)
