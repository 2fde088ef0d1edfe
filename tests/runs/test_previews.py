"""Previews: the beginning of a text or a table, read in a child; damaged and unusual files give one clear error."""

from __future__ import annotations

import polars as pl
import pytest

from azuraforge.errors import InvalidInput, NotFound, StorageError
from azuraforge.runs import store
from azuraforge.runs.files.previews import TEXT_BYTES, FilePreviews


@pytest.fixture
def preview(stand):
    """Stores a file as an artifact of one run and previews it."""
    run = stand.wait(stand.create(steps=2).id)
    previews = FilePreviews(stand.database, stand.artifacts, stand.launcher, None)

    def ask(name: str, content: bytes, media_type: str = "application/octet-stream"):
        stored = stand.artifacts.put_bytes(stand.project_id, content)
        values = {"kind": "file", "media_type": media_type, "bytes": stored.bytes, "sha256": stored.sha256}
        stand.database.write(
            stand.project_id, lambda session: store.save_artifact(session, run.id, f"out/{name}", values)
        )
        ask.path = stand.artifacts.path(stand.project_id, stored.sha256)
        return previews.preview(stand.project_id, run.id, f"out/{name}")

    ask.missing = lambda: previews.preview(stand.project_id, run.id, "nothing")
    ask.again = lambda name: previews.preview(stand.project_id, run.id, f"out/{name}")
    return ask


def test_tables_are_read_from_csv_and_parquet(preview, tmp_path):
    found = preview("a.csv", "city,value\nİzmir,1\n<script>,\n".encode())
    assert (found.kind, found.columns, found.total_rows) == ("table", ["city", "value"], 2)
    assert found.rows == [["İzmir", "1"], ["<script>", None]]
    path = tmp_path / "a.parquet"
    pl.DataFrame({"n": range(5000), "list": [[1, 2]] * 5000}).write_parquet(path)
    found = preview("a.parquet", path.read_bytes())
    assert (found.total_rows, len(found.rows), found.truncated) == (5000, 200, True)
    assert found.rows[3][0] == "3"


def test_text_is_cut_and_html_is_text(preview):
    found = preview("page.html", b"<script>alert(1)</script>", "text/html")
    assert (found.kind, found.text, found.truncated) == ("text", "<script>alert(1)</script>", False)
    found = preview("long.log", b"x" * (TEXT_BYTES + 1), "text/plain")
    assert (len(found.text), found.truncated) == (TEXT_BYTES, True)
    assert preview("binary.txt", b"a\0b", "text/plain").kind == "none"
    assert preview("weights.bin", b"abc").kind == "none"


def test_damaged_missing_and_changed_files_are_errors(preview):
    with pytest.raises(InvalidInput, match="cannot be read"):
        preview("broken.parquet", b"PAR1 nothing here")
    with pytest.raises(NotFound, match="no artifact"):
        preview.missing()
    preview("note.md", b"# Title", "text/markdown")
    preview.path.chmod(0o600)
    preview.path.write_bytes(b"# Other title")
    with pytest.raises(StorageError, match="changed on disk"):
        preview.again("note.md")
