"""``python -m azuraforge.platform.temporary``: a platform that runs until its standard input closes.

The first line of standard input contains the settings as JSON. As a command-line argument, they would show the
database's password to other users.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping

import orjson

from azuraforge.errors import AzuraError
from azuraforge.platform.up import Running, serve
from azuraforge.settings import Settings


def main() -> int:
    settings = Settings.model_validate_json(sys.stdin.buffer.readline())
    settings.server.port = 0
    settings.server.host, settings.server.public_url = "127.0.0.1", None  # only one command on this machine connects
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        serve(settings, _announce)
    except AzuraError as error:
        _say(error.to_dict())
        return 1
    return 0


def _announce(running: Running) -> None:
    _say({"url": running.url})


def _say(answer: Mapping[str, object]) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    os._exit(main())  # a normal exit would wait for the thread that reads standard input
