"""Bad input as a person meets it: one clear message, an exit code, nothing kept, no run left running."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

START = datetime(2024, 1, 1, tzinfo=UTC)


def csv(values: list[object], header: str = "time,load", separator: str = ",") -> str:
    lines = [f"{(START + timedelta(hours=hour)).isoformat()}{separator}{value}" for hour, value in enumerate(values)]
    return "\n".join([header.replace(",", separator), *lines]) + "\n"


def wave(rows: int = 400) -> list[float]:
    return [round(10 + math.sin(row / 24 * 2 * math.pi) + (row * 7919 % 101) / 200, 4) for row in range(rows)]


def edited(change) -> str:  # type: ignore[no-untyped-def]
    lines = csv(wave()).splitlines()
    change(lines)
    return "\n".join(lines) + "\n"


def swap_value(row: int, value: str):  # type: ignore[no-untyped-def]
    def change(lines: list[str]) -> None:
        lines[row] = f"{lines[row].split(',')[0]},{value}"

    return change


REFUSED = {
    "an empty file": (b"", "empty"),
    "a binary file": (bytes(range(256)) * 40, "not"),
    "a wrong delimiter": (csv(wave(), separator=";").encode(), "separator"),
    "text in the target": (edited(swap_value(7, "high")).encode(), "high"),
    "two rows with one timestamp": (
        edited(lambda lines: lines.insert(9, lines[9].rsplit(",", 1)[0] + ",99")).encode(),
        "--duplicates",
    ),
    "a constant series": (csv([5.0] * 400).encode(), "every row"),
    "NaN in the target": (edited(swap_value(50, "nan")).encode(), "--missing"),
    "infinity in the target": (edited(swap_value(50, "inf")).encode(), "inf"),
    "a large gap": (edited(lambda lines: lines.__delitem__(slice(100, 200))).encode(), "--gaps"),
    "three rows": (csv(wave(3)).encode(), "rows"),
    "a missing column": (csv(wave(), header="time,other").encode(), "load"),
}


def assert_one_clear_message(done, *words: str) -> None:  # type: ignore[no-untyped-def]
    assert done.returncode == 1, done.stdout + done.stderr
    text = " ".join(done.stderr.split())
    assert "Traceback" not in done.stdout + done.stderr
    assert "Next:" in text, text
    for word in words:
        assert word.casefold() in text.casefold(), text


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_whole(platform, tmp_path, name):
    content, word = REFUSED[name]
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    before = platform.json("datasets", "list")
    if name == "a wrong delimiter":  # said, though wrongly
        done = platform.run(
            "datasets", "add", str(file), "--time", "time", "--target", "load", "--separator", ",", check=False
        )
    else:
        done = platform.run("datasets", "add", str(file), "--time", "time", "--target", "load", check=False)
    assert_one_clear_message(done, word)
    assert platform.json("datasets", "list") == before
    assert list((platform.home / "uploads").glob("**/*.csv")) == []


def test_a_missing_file_is_named(platform, tmp_path):
    done = platform.run("datasets", "add", str(tmp_path / "no.csv"), "--time", "t", "--target", "x", check=False)
    assert done.returncode != 0
    assert "no.csv" in " ".join(done.stderr.split())


def test_unsorted_rows_and_a_small_gap_are_mended_and_reported(platform, tmp_path):
    lines = csv(wave()).splitlines()
    lines[5], lines[6] = lines[6], lines[5]
    del lines[50]
    (tmp_path / "mended.csv").write_text("\n".join(lines) + "\n")
    done = platform.run("datasets", "add", str(tmp_path / "mended.csv"), "--time", "time", "--target", "load")
    assert "order" in done.stdout
    assert "gap" in done.stdout or "missing" in done.stdout


@pytest.fixture(scope="module")
def load(platform, tmp_path_factory) -> str:  # type: ignore[no-untyped-def]
    file = tmp_path_factory.mktemp("series") / "load.csv"
    file.write_text(csv(wave()))
    platform.run("datasets", "add", str(file), "--time", "time", "--target", "load")
    return "load"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("forecasting.lstn", "--dataset", "load"), ["forecasting.lstm"]),
        (("forecasting.lstm", "--dataset", "lode"), ["lode"]),
        (("forecasting.lstm", "--dataset", "load", "--set", "epochs=0"), ["epochs", "1"]),
        (("forecasting.lstm", "--dataset", "load", "--set", "epoch=5"), ["epoch"]),
        (("forecasting.lstm", "--dataset", "load", "--set", "horizon=many"), ["horizon"]),
        (("forecasting.lstm", "--dataset", "load", "--set", "window=399"), ["window", "rows"]),
    ],
)
def test_a_bad_request_makes_no_run(platform, load, arguments, words):
    before = platform.json("runs", "list")
    assert_one_clear_message(platform.run("runs", "start", *arguments, check=False), *words)
    assert platform.json("runs", "list") == before


def test_a_full_disk_while_writing_a_checkpoint_fails_the_run_and_it_can_be_resumed(make_platform, tmp_path):
    """A small tmpfs as the folder of attempts; where none may be mounted, there is nothing to fill."""
    import os
    import subprocess

    platform = make_platform()
    scratch = platform.home / "work"
    scratch.mkdir(parents=True)
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk; tests/runs fills one by RLIMIT_FSIZE for everybody")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(scratch)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("root without the right to mount")
    try:
        platform.start()
        platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
        settings = ("--set", "hidden_size=128", "--set", "epochs=3", "--set", "horizon=4")
        arguments = ("runs", "start", "forecasting.lstm", "--dataset", "co2", *settings, "--wait")
        failed = platform.run(*arguments, check=False)
        assert failed.returncode == 1
        assert "disk is full" in failed.stdout + failed.stderr
        run = platform.json("runs", "list")[0]
        assert run["state"] == "failed"
        assert list(Path(scratch).glob("**/*.tmp")) == []
        subprocess.run(["mount", "-o", "remount,size=200m", str(scratch)], check=True)
        platform.run("runs", "resume", run["id"], "--wait")
    finally:
        platform.stop()
        subprocess.run(["umount", str(scratch)], check=True)
