"""api, worker and scheduler say in one sentence what is missing, before anything has started."""

from __future__ import annotations

import signal

import pytest

from azuraforge.cli import main

POSTGRES = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    for name in ("AZURAFORGE_DATABASE_URL", "AZURAFORGE_BROKER_URL", "AZURAFORGE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURAFORGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def said(capsys, *words: str) -> str:
    assert main.run([*words, "--lang", "en"]) != 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    return printed.err


@pytest.mark.parametrize("command", ["api", "worker", "scheduler"])
def test_each_names_the_setting_that_is_missing_and_the_way_out(command, capsys, monkeypatch, tmp_path):
    told = said(capsys, command)
    assert "AZURAFORGE_DATABASE_URL" in told
    assert "azuraforge up" in told
    monkeypatch.setenv("AZURAFORGE_DATABASE_URL", POSTGRES)
    told = said(capsys, command)
    assert "AZURAFORGE_BROKER_URL" in told
    monkeypatch.setenv("AZURAFORGE_BROKER_URL", "amqp://somewhere")
    assert "broker_url" in said(capsys, command)
    assert not (tmp_path / "home").exists()


def test_a_wrong_queue_is_named_with_those_that_exist(capsys):
    told = said(capsys, "worker", "--queues", "cpu,tpu")
    assert "'tpu'" in told
    assert "cpu,gpu,io" in told
    assert "--queues" in said(capsys, "worker", "--queues", ",")


def test_they_belong_to_this_machine(capsys):
    assert "http://elsewhere" in said(capsys, "worker", "--url", "http://elsewhere")
