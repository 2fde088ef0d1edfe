"""The demo on a running platform: a real series, a training run, its verdict."""

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
#: Two hours ahead on the hourly departures from New York's airports. The members are named, and the budget is more than
#: any machine needs: with a budget that ends, the set of members, and so the table, would depend on the machine.
CONFIG: Mapping[str, object] = {
    "horizon": 2,
    "members": ["forecasting.ets", "forecasting.mstl", "forecasting.ridge", "forecasting.boosted_lags"],
    "budget_seconds": 3600,
}


def run_demo(client: Client, terminal: Terminal, *, pages: bool = True, ends_soon: bool = False) -> int:
    """Run the demo on a running platform: dataset, run, verdict, next values, link. Return the exit code.

    Args:
        pages: whether the platform serves the dashboard; without it no link is printed.
        ends_soon: the platform ends with this command, so a link printed at the end would lead nowhere.
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
