"""``pytest --cpu-report FILE``: processor seconds of each test file, with those of the processes that it started.

Processor time is comparable on a busy machine, where wall time is not. A child counts when it has been waited for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

_SECONDS: Counter[str] = Counter()


def _processor_seconds() -> float:
    return sum(os.times()[:4])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cpu-report", type=Path, default=None, help="write the processor seconds of each test file")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    before = _processor_seconds()
    result = yield
    _SECONDS[item.nodeid.split("::")[0]] += _processor_seconds() - before
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _SECONDS.update(getattr(node, "workeroutput", {}).get("processor_seconds", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    file = session.config.getoption("--cpu-report")
    if file is None:
        return
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["processor_seconds"] = dict(_SECONDS)
        return
    lines = [f"{seconds:9.2f}  {name}" for name, seconds in _SECONDS.most_common()]
    file.write_text("\n".join([f"{_SECONDS.total():9.2f}  all", *lines, ""]))
