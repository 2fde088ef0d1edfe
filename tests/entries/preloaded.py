"""``python preloaded.py``: imports what platforms import, then forks one for each line of its standard input.

A line is a JSON object of a command's arguments, environment and log; the answer is the process's number. A line that
is a number waits for that process and answers its exit code. See ``tests/preloaded.py``.

The argument of this command is space for the command lines of forks (``forked_launcher``).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

# Crash points are armed at import; of what is armed, the environment of each platform names one or none.
os.environ["AZURAFORGE_CRASHPOINT"] = "none"

import forked_launcher  # of this folder

from azuraforge.cli import main
from azuraforge.platform import home, http, scaled  # noqa: F401  what commands import once they run
from azuraforge.platform.composition import Platform
from azuraforge.processes.package import PRELOADED
from azuraforge.server import application  # noqa: F401
from azuraforge.server.packages import import_tables
from azuraforge.settings import Settings

import_tables()


def modules_of_a_platform() -> list[str]:
    """Build a platform's services and its application, without starting it, in a process of its own. Return what it has
    imported and what it lets its launcher import."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder))
            platform = Platform(settings)
            platform.application("http://127.0.0.1:1")
            platform.owner.sign_in_url("http://127.0.0.1:1")
            named = platform.services.all(PRELOADED)
            platform.stop()
        os.write(writable, json.dumps([*(name for name in sys.modules if name != "__main__"), *named]).encode())
        os._exit(0)
    os.close(writable)
    with os.fdopen(readable) as names:
        found: list[str] = json.load(names)
    os.waitpid(child, 0)
    return found


def preload() -> None:
    for name in modules_of_a_platform():
        with contextlib.suppress(ImportError):  # some modules are known by names that are not theirs
            importlib.import_module(name)
    forked_launcher.preload()
    gc.collect()
    gc.freeze()


def become(asked: dict[str, object]) -> None:
    """Turn a fork into what its command would have started."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    forked_launcher.arm()
    with open(asked["log"], "ab") as log, open(os.devnull, "rb") as nothing:
        for file, descriptor in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(file.fileno(), descriptor)
    forked_launcher.keep_one_ready()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["azuraforge", *asked["arguments"]]


def serve() -> None:
    """Return only in a fork."""
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, int):
            answer = os.waitstatus_to_exitcode(os.waitpid(asked, 0)[1])
        elif (answer := os.fork()) == 0:
            become(asked)
            return
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))  # plugins of platforms do not see this folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the test run, which then ends this
    preload()
    serve()
    main.main()
