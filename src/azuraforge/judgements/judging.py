"""Entry point of judgements: reads files of predictions and returns a judgement."""

from __future__ import annotations

from pathlib import Path

from azuraforge.errors import InvalidInput
from azuraforge.judgements.columns import LABEL, first_of
from azuraforge.judgements.files import columns_of, read_table
from azuraforge.judgements.options import Options
from azuraforge.judgements.shapes import Judgement


def judge(
    predictions: Path, *, actual: Path | None = None, history: Path | None = None, options: Options | None = None
) -> Judgement:
    """Judge a file of predictions against baselines on the same rows.

    A file with a column ``label`` contains predictions of classes; any other file contains forecasts of a series.

    Args:
        predictions: CSV, Parquet or Excel file with times and predictions, and optionally actual values, origins,
            horizons and intervals.
        actual: file of actual values, if the first file has none; its earlier rows are history.
        history: file of earlier actual values (or labels), on which the baselines are fitted.
        options: options for reading and judging; if None, the defaults.

    Raises InvalidInput with place and next step if a file or an option cannot be used.
    """
    options = options or Options()
    _refuse_idle("--actual-sheet", options.actual_sheet, "--actual", given=actual is not None)
    _refuse_idle("--history-sheet", options.history_sheet, "--history", given=history is not None)
    for option, value in _of_incumbent(options):
        _refuse_idle(option, value, "--incumbent", given=options.incumbent is not None)
    table = read_table(predictions, options.sheet)
    if options.target is None and first_of(columns_of(table), (LABEL,)) is not None:
        from azuraforge.judgements.classes import judge_classes

        if options.incumbent is not None:
            raise InvalidInput(
                "an incumbent can be compared with forecasts of a series, but not with predictions of classes",
                where="option --incumbent",
                next_step="add the classes of the incumbent to the file as another column; each column is judged as a "
                "model",
            )
        return judge_classes(table, actual, history, options)
    from azuraforge.judgements.forecasts import judge_forecasts

    return judge_forecasts(table, actual, history, options)


def _of_incumbent(options: Options) -> tuple[tuple[str, str | None], ...]:
    return ("--incumbent-sheet", options.incumbent_sheet), ("--incumbent-time", options.incumbent_time)


def _refuse_idle(option: str, value: str | None, file: str, *, given: bool) -> None:
    """Raise InvalidInput if an option applies to a file that is not given."""
    if value is not None and not given:
        raise InvalidInput(
            "{option} applies to the file given with {file}, but {file} is missing",
            where="option {option}",
            next_step="give the file with {file}, or omit {option}",
            option=option,
            file=file,
        )
