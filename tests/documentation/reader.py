"""Someone who types the commands of a page: an empty folder, a project of their own, and a shell."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from azuraforge.database import Database, founding, new_id
from azuraforge.projects.service import ProjectService
from tests.conftest import PlatformProcess
from tests.documentation.page import ROOT, Block

_ENTRIES = Path(__file__).parents[1] / "entries"
#: Far above what a block takes on a busy machine; a page's blocks together take a few seconds.
_SECONDS = 240
#: Files of a checkout that commands of guides name.
_SHIPPED = "examples"


class Commands:
    """``azuraforge`` for shells: a folder for their path, and the process that forks the commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "socket"
        shim = folder / "azuraforge"
        shim.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S '{_ENTRIES / 'forked_command.py'}' \"$@\"\n")
        shim.chmod(0o755)
        command = [sys.executable, str(_ENTRIES / "forked_commands.py"), str(self.socket)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def wait(self) -> None:
        """Wait until commands are answered."""
        while True:
            with socket.socket(socket.AF_UNIX) as attempt, contextlib.suppress(OSError):
                attempt.connect(str(self.socket))
                return
            assert self._process.poll() is None, "the process that forks commands has ended"
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Reader:
    """Runs the blocks of one page, in order.

    Args:
        platform: a running platform, which pages share.
        folder: an empty one.
        name: of the page's project.
    """

    def __init__(self, platform: PlatformProcess, commands: Commands, folder: Path, name: str) -> None:
        home = folder / "home" / ".azuraforge"
        home.mkdir(parents=True)
        (home / "token").write_text(_token(platform.home, name))
        shutil.copy(platform.home / "platform.json", home)
        self._plugins = platform.home / "plugins"
        self._plugins.mkdir(exist_ok=True)
        (home / "plugins").symlink_to(self._plugins)
        self._folder = folder / "page"
        self._folder.mkdir()
        shutil.copytree(ROOT / _SHIPPED, self._folder / _SHIPPED)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AZURAFORGE_")}
        self._variables = {
            **kept,
            "PATH": f"{commands.folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home.parent),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "AZURAFORGE_URL": platform.url,
            "AZURAFORGE_TOKEN": (home / "token").read_text(),
            "AZURAFORGE_ENGINE__KERNELS": os.environ["AZURAFORGE_ENGINE__KERNELS"],
            "FORKED_COMMANDS": str(commands.socket),
        }
        self._output = folder / "output"
        self._interpreter: socket.socket | None = None

    def run(self, page: str, block: Block) -> None:
        """Run a block. Raises AssertionError with the page, the line and what was printed."""
        with self._output.open("w+") as output:
            failed = self._shell(page, block, output) if block.language == "bash" else self._python(page, block)
            output.seek(0)
            assert not failed, f"{page}:{block.line}: {failed}\n{output.read()[-4000:]}"

    def close(self) -> None:
        """End the interpreter, and take the page's plugins away."""
        if self._interpreter is not None:
            self._interpreter.close()
        for file in self._plugins.iterdir():
            shutil.rmtree(file) if file.is_dir() else file.unlink()

    def _shell(self, page: str, block: Block, output: IO[str]) -> str | None:
        trap = f"trap 'echo {page}:$LINENO: exit status $? >&2' ERR"
        script = self._output.with_suffix(".sh")
        script.write_text(trap + "\n" * (block.line - 1) + block.code)
        process = subprocess.Popen(
            ["bash", "-euE", "-o", "pipefail", str(script)], cwd=self._folder, env=self._variables,
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            return f"still runs after {_SECONDS} seconds"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return f"exit status {code}" if code else None

    def _python(self, page: str, block: Block) -> str | None:
        interpreter = self._interpreter = self._interpreter or self._start()
        code = "\n" * (block.line - 1) + block.code
        interpreter.sendall(json.dumps({"code": code, "file": str(ROOT / page)}).encode() + b"\n")
        answer = interpreter.makefile().readline()
        return json.loads(answer) if answer else "the interpreter has ended"

    def _start(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(_SECONDS)
        made.connect(self._variables["FORKED_COMMANDS"])
        asked = {"folder": str(self._folder), "environment": self._variables}
        with open(os.devnull) as nothing, self._output.open("a") as output:
            descriptors = [nothing.fileno(), output.fileno(), output.fileno()]
            socket.send_fds(made, [json.dumps(asked).encode() + b"\n"], descriptors)
        return made


def _token(home: Path, name: str) -> str:
    """Found a project with its own owner on a platform's data home; return the token of that person's command line."""
    database = Database(f"sqlite:///{home / 'azuraforge.db'}")
    try:
        id_ = new_id()
        person = new_id()
        database.write_system(
            lambda session: founding.found(
                session, project=id_, person=person, slug=name, name=name, owner=name, owner_key=name
            )
        )
        return ProjectService(database).local_token(id_)
    finally:
        database.close()


@contextlib.contextmanager
def reading(platform: PlatformProcess, commands: Commands, folder: Path, name: str) -> Iterator[Reader]:
    """Yield a reader, and close it."""
    reader = Reader(platform, commands, folder, name)
    try:
        yield reader
    finally:
        reader.close()
