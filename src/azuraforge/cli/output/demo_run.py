"""The demo on a running platform: adds a bundled series, trains on it and prints the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from azuraforge.cli.output.results import page_url, run_path, show_result
from azuraforge.cli.output.watching import watch
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Client

PLUGIN = "forecasting.auto"
SERIES = "departures"
SEED = 7
#: Forecasts two hours ahead of the hourly departures from New York's airports. The members are fixed and the budget is
#: larger than any machine needs; otherwise the members, and so the table, would depend on the machine's speed.
CONFIG: Mapping[str, object] = {
    "horizon": 2,
    "members": ["forecasting.ets", "forecasting.mstl", "forecasting.ridge", "forecasting.boosted_lags"],
    "budget_seconds": 3600,
}


def run_demo(client: Client, terminal: Terminal, *, pages: bool = True, ends_soon: bool = False) -> int:
    """Run the demo and print its verdict, next values and a link. Return 0 if there is a verdict, otherwise 1.

    Args:
        pages: whether the platform serves the dashboard; if not, no link is printed.
        ends_soon: whether the platform stops with this command; if so, no link is printed at the end.
    """
    text = terminal.text
    dataset = client.datasets.add_from_source("bundled", {"series": SERIES}, name=SERIES)
    rows = text.number(dataset.rows, 0)
    terminal.say(text("demo_dataset", name=dataset.name, version=dataset.version, rows=rows))
    run = client.runs.start(
        PLUGIN, dataset=SERIES, dataset_version=dataset.version, config=CONFIG, kind="train", seed=SEED
    )
    path = run_path(client, run.id)
    terminal.say(text("run_queued", id=run.id, name=run.name))
    if pages:
        terminal.say(text("demo_watch", url=client.sessions.link(path).url))
    run = watch(terminal, client, client.runs.get(run.id))
    code = show_result(terminal, client, run)
    if code == 0 and client.runs.evaluation(run.id) is None:
        code = 1
    if code != 0:
        terminal.error(text("demo_failed"))
    terminal.console.print()
    if not pages:
        terminal.say(text("demo_again", id=run.id))
    elif ends_soon:
        terminal.say(text("demo_later", path=path))
    else:
        terminal.say(text("demo_open", url=client.sessions.link(path).url))
        terminal.say(text("page", url=page_url(client, path)))
    return code
