"""Files, figures, tables, tags and notes of runs of one's own: stored once, never waited for, limits said at once."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.client import ClientError, FileUnusable
from azuraforge.client.errors import InvalidArgument
from tests.client.conftest import shipped_by

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class Drawing:
    """Behaves like a figure of matplotlib, which the client must not import."""

    def savefig(self, path, format):
        Path(path).write_bytes(PNG if format == "png" else format.encode())


def kept(home: Path) -> list[Path]:
    return sorted(path for path in (home / "journal").rglob("*") if path.is_file())


def table(server, name: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(server.files[name][1].decode())))


def test_everything_arrives_once_and_leaves_no_journal(server, client, home, tmp_path):
    server.start()
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"w" * 3_000_000)
    with client.run("mine") as run:
        run.artifact(weights)
        weights.write_bytes(b"changed later")
        run.artifact(str(weights), "models/last.bin")
        run.artifact(b"plain", "notes/read me.txt")
        run.figure("loss", Drawing())
        run.figure("loss.svg", Drawing())
        run.figure("drawn", PNG)
        run.figure("x", SVG)
        run.tag("baseline", "good")
        run.tag("good", "late")
        run.note("# Why\n\nbecause")
        run.log(loss=1.0)
    assert {name: (kind, len(content)) for name, (kind, content) in server.files.items()} == {
        "weights.bin": ("file", 3_000_000),
        "models/last.bin": ("file", 13),
        "notes/read me.txt": ("file", 5),
        "loss.png": ("figure", len(PNG)),
        "loss.svg": ("figure", 3),
        "drawn.png": ("figure", len(PNG)),
        "x.svg": ("figure", len(SVG)),
    }
    (stored,) = server.runs.values()
    assert (stored["tags"], stored["note"]) == (["baseline", "good", "late"], "# Why\n\nbecause")
    assert server.values("loss") == {1: 1.0}
    assert list((home / "journal").iterdir()) == []


def test_tables_of_every_kind(server, client):
    server.start()
    with client.run("mine") as run:
        run.table("rows", [{"a": 1, "b": "x, y"}, {"a": np.float32(0.5), "c": [1, 2]}, {"a": float("nan")}])
        run.table("columns", {"step": np.arange(2), "name": ["ç", None]})
        run.table("frame.csv", pl.DataFrame({"a": [1, 2]}))
        run.table("frame.parquet", pl.DataFrame({"a": [1, 2]}))
        run.table("plain.parquet", [{"a": 1}, {"a": 2.5, "b": "x"}])
        run.table("empty", [])
    assert table(server, "rows.csv") == [["a", "b", "c"], ["1", "x, y", ""], ["0.5", "", "[1, 2]"], ["", "", ""]]
    assert table(server, "columns.csv") == [["step", "name"], ["0", "ç"], ["1", ""]]
    assert table(server, "frame.csv") == [["a"], ["1"], ["2"]]
    read = pl.read_parquet(io.BytesIO(server.files["plain.parquet"][1]))
    assert read.to_dicts() == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}]
    assert {kind for kind, _ in server.files.values()} == {"table"}


def test_a_table_of_pandas_keeps_a_named_index(server, client):
    pandas = pytest.importorskip("pandas")
    server.start()
    frame = pandas.DataFrame({"loss": [0.5]}, index=pandas.Index(["lstm"], name="model"))
    with client.run("mine") as run:
        run.table("named", frame)
        run.table("counted", frame.reset_index(drop=True))
    assert table(server, "named.csv") == [["model", "loss"], ["lstm", "0.5"]]
    assert table(server, "counted.csv") == [["loss"], ["0.5"]]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda run: run.artifact(b"x", "../x"), "cannot be the name of a file"),
        (lambda run: run.artifact(b"x", "/etc/passwd"), "cannot be the name of a file"),
        (lambda run: run.artifact(b"x", "x" * 201), "cannot be the name of a file"),
        (lambda run: run.artifact(b"x", "\u202egnp.exe"), "cannot be the name of a file"),
        (lambda run: run.artifact(b"x"), "bytes have no name"),
        (lambda run: run.figure("x", b"GIF"), "is not a figure"),
        (lambda run: run.figure("x", 3), "int is not a figure"),
        (lambda run: run.table("x", {"a": [1], "b": [1, 2]}), "different lengths: a: 1, b: 2"),
        (lambda run: run.table("x", [{"a": 1}, 3]), "int is not a row"),
        (lambda run: run.table("x", {"a": "text"}), "'a' is not a list"),
        (lambda run: run.table("x.parquet", {"a": [object()]}), "cannot be written"),
        (lambda run: run.tag("a,b"), "cannot be a tag"),
        (lambda run: run.tag("x" * 51), "cannot be a tag"),
        (lambda run: run.tag(*map(str, range(51))), "at most 50 tags"),
        (lambda run: run.note("x" * 10_001), "10,001 characters, 10,000 are allowed"),
    ],
)
def test_what_the_platform_could_not_store_is_said_at_the_call(client, home, call, said):
    run = client.run("mine").start()  # no platform: nothing of this needs one
    before = kept(home)[0].read_bytes()
    with pytest.raises(InvalidArgument, match=said):
        call(run)
    assert [path.read_bytes() for path in kept(home)] == [before]
    run.finish()


def test_a_missing_file_and_a_run_that_is_not_running(client, home, tmp_path):
    run = client.run("mine")
    with pytest.raises(ClientError, match="not running in this process"):
        run.tag("early")
    with run:
        with pytest.raises(FileUnusable, match="does not exist"):
            run.artifact(tmp_path / "nothing.png")
        with pytest.raises(FileUnusable, match="choose a file instead of a folder"):
            run.artifact(tmp_path)
    with pytest.raises(ClientError, match="not running in this process"):
        run.note("late")


def test_a_full_disk_costs_the_file_and_not_the_run(server, client, home):
    server.start()

    class Full:
        def savefig(self, path, format):
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")

    with client.run("mine") as run:
        with pytest.raises(ClientError, match="No space left on device"):
            run.figure("loss", Full())
        assert len(kept(home)) == 1
        run.log(loss=1.0)
    assert server.files == {}
    assert server.values("loss") == {1: 1.0}


def test_a_platform_that_comes_later_gets_files_and_only_the_last_of_a_name(server, client, home):
    with client.run("mine") as run:
        for epoch in range(20):
            run.figure("last", PNG + bytes([epoch]))
        run.artifact(b"once", "once.txt")
        run.tag("offline")
    assert len(kept(home)) == 22
    server.start()
    (shipped,) = shipped_by(client)
    assert shipped.problem is None
    assert server.files == {"last.png": ("figure", PNG + b"\x13"), "once.txt": ("file", b"once")}
    assert server.puts == ["last.png", "once.txt"]
    assert next(iter(server.runs.values()))["tags"] == ["offline"]
    assert list((home / "journal").iterdir()) == []


def test_a_lost_acknowledgement_sends_the_file_again_and_nothing_else(server, client, eventually):
    server.start()
    server.lose_files = 1
    with client.run("mine") as run:
        run.artifact(b"1", "a")
        eventually(lambda: server.puts == ["a", "a"], "the repetition")
        run.artifact(b"2", "b")
    assert server.puts == ["a", "a", "b"]


@pytest.mark.parametrize(("status", "code"), [(413, "too_large"), (422, "invalid_input"), (409, "quota_exceeded")])
def test_a_file_that_the_platform_refuses_is_kept_and_the_run_goes_on(server, client, home, caplog, status, code):
    server.start()
    server.refusals["files"] = (status, code)
    with client.run("mine") as run:
        run.artifact(b"too much", "big/model.bin")
        run.tag("after")
        run.log(loss=1.0)
    (stored,) = server.runs.values()
    assert (stored["tags"], stored["finished"]["state"]) == (["after"], "succeeded")
    assert server.values("loss") == {1: 1.0}
    assert "the platform refuses the file 'big/model.bin': files is refused" in caplog.text
    (file,) = kept(home)
    assert (file.name, file.read_bytes()) == ("model.bin", b"too much")
    assert str(file) in caplog.text


def test_a_refused_file_of_a_journal_is_said_when_it_is_shipped(server, client, home):
    with client.run("mine") as run:
        run.artifact(b"x", "a")
    server.start()
    server.refusals["files"] = (413, "too_large")
    (shipped,) = shipped_by(client)
    assert "refuses the file 'a'" in shipped.problem
    assert next(iter(server.runs.values()))["finished"]["state"] == "succeeded"
    assert client.ship_journals() == []


def test_a_journal_that_is_sent_again_omits_what_arrived(server, client, home):
    with client.run("mine") as run:
        run.artifact(b"1", "a")
        run.artifact(b"2", "b")
    server.start()
    server.refusals["finish"] = (503, "transient")
    (kept,) = shipped_by(client)
    assert kept.problem is not None
    del server.refusals["finish"]
    (shipped,) = shipped_by(client)
    assert (shipped.problem, server.puts) == (None, ["a", "b"])


def test_a_forked_child_adds_nothing(server, client):
    server.start()
    with client.run("mine") as run:
        child = os.fork()
        if child == 0:
            try:
                run.tag("child")
            except ClientError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert "tags" not in next(iter(server.runs.values()))


def test_a_file_is_attached_to_a_running_run_by_its_id(server, client, tmp_path):
    server.start()
    (tmp_path / "loss.png").write_bytes(PNG)
    with client.run("mine") as run:
        added = client.runs.attach(run.id, tmp_path / "loss.png", "plots/loss.png")
        assert (added.name, added.bytes) == ("plots/loss.png", len(PNG))
        with pytest.raises(InvalidArgument, match="cannot be the name"):
            client.runs.attach(run.id, tmp_path / "loss.png", "../loss.png")
