"""Child process ``python -m azuraforge.demo.child``: drives the demo over HTTP on the platform that started it.

The first line of standard input is a ``DemoStart`` with the platform's address. A later line ``cancel`` stops the
demo. At the end of the input, which means that the platform has ended, the process exits immediately. It writes one
``DemoNews`` per line.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from dataclasses import asdict

from azuraforge.client import Client
from azuraforge.client.errors import ClientError
from azuraforge.demo.driving import DemoCancelled, DemoError, Loop
from azuraforge.demo.schemas import DemoEnd, DemoLine, DemoNews, DemoPhase, DemoStart
from azuraforge.demo.steps import free_name, take_steps


def main() -> None:
    start = DemoStart.model_validate_json(sys.stdin.buffer.readline())
    stop = threading.Event()
    threading.Thread(target=_follow_input, args=(stop,), daemon=True).start()
    with Client(url=start.url, token=start.token) as client:
        _write(DemoNews(end=_run(client, stop)))


def _run(client: Client, stop: threading.Event) -> DemoEnd:
    loop: Loop | None = None
    try:
        name = free_name(client)
        _write(DemoNews(model=name))
        # No webhook: the platform's settings may forbid sending to this machine.
        loop = Loop(client, name, None, stop=stop)
        result = take_steps(
            client, loop, None, lambda line: _write(DemoNews(line=DemoLine.model_validate(asdict(line))))
        )
        found = [DemoPhase.model_validate(asdict(each)) for each in result.phases]
        return DemoEnd(phases=found, problems=result.problems)
    except DemoCancelled:
        return _paused(loop, DemoEnd.early(cancelled=True))
    except (DemoError, ClientError) as error:
        return _paused(loop, DemoEnd.early(error=error.message, next_step=error.next_step or None))


def _paused(loop: Loop | None, end: DemoEnd) -> DemoEnd:
    """Pause the automations of the demo, then return ``end``."""
    if loop is not None:
        with contextlib.suppress(ClientError):
            loop.end()
    return end


def _follow_input(stop: threading.Event) -> None:
    while line := sys.stdin.buffer.readline():
        if line.strip() == b"cancel":
            stop.set()
    os._exit(1)  # the platform has ended


def _write(news: DemoNews) -> None:
    sys.stdout.buffer.write(news.model_dump_json(exclude_none=True).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the thread that reads standard input would block the exit
