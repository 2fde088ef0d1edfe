"""``azuraforge judge``: comparison of a file of predictions with baselines, without a platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.judgements.shapes import Judgement


def judge(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV, Parquet or Excel file of predictions, with their times or labels.")
    ],
    actual: Annotated[Path | None, typer.Option(help="File of actual values, if FILE contains none.")] = None,
    history: Annotated[Path | None, typer.Option(help="File of earlier values that the baselines learn from.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Column of predictions. May be repeated. Default: detected.")
    ] = None,
    incumbent: Annotated[
        str | None,
        typer.Option(
            help="Column or file of the incumbent forecast (the one in use today), compared on the same rows."
        ),
    ] = None,
    series: Annotated[str | None, typer.Option(help="Series to judge, if the file contains several.")] = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            help=(
                "Number of rows from the last known row to the predicted row. Default: 1, unless a column specifies it."
            )
        ),
    ] = None,
    season: Annotated[
        int | None, typer.Option(help="Number of rows in one season. Default: derived from the times.")
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(help="Nominal coverage of the interval columns. Default: 0.9, unless the file specifies it."),
    ] = None,
    tried: Annotated[
        int, typer.Option(help=("Number of models that were tried before those in FILE were selected."))
    ] = 1,
    time: Annotated[str | None, typer.Option(help="Time column. Default: detected.")] = None,
    actual_time: Annotated[
        str | None, typer.Option(help="Time column of the --actual file. Default: as for --time.")
    ] = None,
    incumbent_time: Annotated[
        str | None, typer.Option(help="Time column of the --incumbent file. Default: as for --time.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of FILE, if it is a workbook with several sheets.")] = None,
    actual_sheet: Annotated[str | None, typer.Option(help="Sheet of the --actual workbook.")] = None,
    history_sheet: Annotated[str | None, typer.Option(help="Sheet of the --history workbook.")] = None,
    incumbent_sheet: Annotated[str | None, typer.Option(help="Sheet of the --incumbent workbook.")] = None,
    target: Annotated[str | None, typer.Option(help="Column of actual values. Default: detected.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of times that have none, such as Europe/Istanbul.")
    ] = None,
    time_format: Annotated[str | None, typer.Option(help="Format of times, such as %d.%m.%Y.")] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal separator: '.' or ','. Default: detected.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Path of the HTML report. Default: FILE's name with the suffix -judgement.html, in "
            "the current directory."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON. A report is written only if --output is given.")
    ] = False,
) -> None:
    """Compare predictions of any tool with baselines on the same rows, and write an HTML report."""
    terminal = terminal_of(context)
    target_file = output or (None if json else Path(f"{file.stem}-judgement.html"))
    if target_file is not None:
        told = None if incumbent is None else Path(incumbent)
        _refuse_overwriting(terminal, target_file, [file, actual, history, told])
    # Imported late: these modules load slowly, and only this command needs them.
    from azuraforge.judgements.judging import judge as judged
    from azuraforge.judgements.options import Options
    from azuraforge.judgements.page import write_page

    options = Options(
        horizon=horizon,
        season=season,
        coverage=coverage,
        tried=tried,
        models=tuple(model or ()),
        incumbent=incumbent,
        series=series,
        time=time,
        actual_time=actual_time,
        incumbent_time=incumbent_time,
        sheet=sheet,
        actual_sheet=actual_sheet,
        history_sheet=history_sheet,
        incumbent_sheet=incumbent_sheet,
        target=target,
        timezone=timezone,
        time_format=time_format,
        decimal=_decimal(terminal, decimal),
    )
    found = judged(file, actual=actual, history=history, options=options)
    if target_file is not None:
        write_page(found, terminal.text.code, target_file)
    if json:
        terminal.json(found.model_dump(mode="json"))
        return
    _show(terminal, found)
    terminal.say(terminal.text("judge_report", path=target_file))


def _show(terminal: Terminal, found: Judgement) -> None:
    from azuraforge.judgements.summary import summary

    shown = summary(found, terminal.text.code)
    for sentence in (*shown.verdicts, "", shown.lead_in):
        terminal.say(sentence)
    rows = [[("→ " if is_model else "  ") + row[0], *row[1:]] for is_model, row in shown.rows]
    terminal.table(shown.heads, rows, right=range(1, len(shown.heads)))
    terminal.say("")
    for remark in shown.remarks:
        terminal.say(f"· {remark}")


def _refuse_overwriting(terminal: Terminal, output: Path, inputs: list[Path | None]) -> None:
    for each in inputs:
        if each is not None and output.exists() and each.exists() and output.samefile(each):
            raise CommandError(
                terminal.text("judge_overwrites", path=output),
                where="--output",
                next_step=terminal.text("judge_other_output"),
                exit_code=USAGE,
            )


def _decimal(terminal: Terminal, sign: str | None) -> Literal[".", ","] | None:
    if sign is None or sign == "." or sign == ",":
        return sign  # type: ignore[return-value]  # mypy does not narrow a str to its literals
    raise CommandError(
        terminal.text("judge_decimal", decimal=sign),
        where="--decimal",
        next_step=terminal.text("judge_choose_decimal"),
        exit_code=USAGE,
    )
