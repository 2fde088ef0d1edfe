"""The command line inside the test's own process: the same entry point, without the start of a Python process.

A test that is about the process (signals, terminals, commands at the same time) starts a real one instead.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from collections.abc import Mapping

import pytest

from azuraforge.cli import main

#: Commands that run until a signal ends them.
SERVING = ("up", "api", "worker", "scheduler")
#: Platforms of tests write no reports unless a test switches them on: each end of a run would draw figures in a child.
NO_REPORTS = {"AZURAFORGE_RUNS__REPORTS": "false"}


def run_command(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command with these environment variables; return its exit code and what it wrote."""
    out, err = io.StringIO(), io.StringIO()
    umask = os.umask(0)
    os.umask(umask)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            code = main.run(arguments)
        finally:
            os.umask(umask)  # commands that write to the data home set their own
    return subprocess.CompletedProcess(list(arguments), code, out.getvalue(), err.getvalue())
