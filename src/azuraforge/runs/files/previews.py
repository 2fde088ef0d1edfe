"""Previews of the files that a run produced: the beginning of a text, or the first rows of a table."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from azuraforge.database import Database
from azuraforge.errors import NotFound, StorageError
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.resources.memory import MemoryLimit
from azuraforge.runs import store
from azuraforge.runs.artifacts import ArtifactStore
from azuraforge.runs.files.messages import TableInput, TableResult
from azuraforge.runs.files.schemas import PreviewOut

TEXT_BYTES = 256 * 1024
_TABLE_SECONDS = 30.0
_ENTRY = "azuraforge.runs.files.child:table"
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_TEXTS = ("text/", "application/json", "application/xml", "application/yaml", "application/x-ndjson", "image/svg+xml")
_TEXT_SUFFIXES = (
    ".txt", ".log", ".md", ".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".py", ".html",
    ".htm", ".xml", ".svg", ".sh", ".sql",
)  # fmt: skip


class FilePreviews:
    """Previews of the files of all projects. A file is never executed, and only child processes parse tables."""

    def __init__(
        self, database: Database, artifacts: ArtifactStore, launcher: Launcher, memory: MemoryLimit | None
    ) -> None:
        self._database = database
        self._artifacts = artifacts
        self._call = partial(launcher.call, memory=memory)

    def preview(self, project_id: str, run_id: str, name: str) -> PreviewOut:
        """Return the beginning of a file. Its hash is not verified, because a large file is not read as a whole.

        Raises NotFound if the run or the file does not exist, StorageError if the file is missing or has another size,
        and InvalidInput if a table is damaged.
        """
        with self._database.read(project_id) as session:
            artifact = store.artifact(session, run_id, name)
        if artifact is None:
            raise NotFound(
                "run {run_id!r} has no artifact {name!r}",
                next_step="azuraforge runs files {run_id}",
                run_id=run_id,
                name=name,
            )
        path = self._artifacts.present(project_id, artifact.sha256, artifact.bytes)
        suffix = Path(artifact.name).suffix.lower()
        if suffix == ".parquet" or suffix in _SEPARATORS:
            asked = TableInput(path=path, parquet=suffix == ".parquet", separator=_SEPARATORS.get(suffix, ","))
            table = self._call(_ENTRY, asked.model_dump(mode="json"), TableResult, _TABLE_SECONDS)
            return PreviewOut(kind="table", **table.model_dump())
        if artifact.media_type.startswith(_TEXTS) or suffix in _TEXT_SUFFIXES:
            return _text(path, artifact.bytes)
        return PreviewOut(kind="none")


def _text(path: Path, size: int) -> PreviewOut:
    try:
        with path.open("rb") as file:
            content = file.read(TEXT_BYTES)
    except OSError as error:
        raise StorageError(
            "an artifact cannot be read: {reason}",
            next_step="check the disk, or restore the file from a backup",
            where="{place}",
            reason=error.strerror,
            place=str(path),
        ) from error
    if b"\0" in content[:8192]:
        return PreviewOut(kind="none")
    return PreviewOut(kind="text", text=content.decode(errors="replace"), truncated=size > len(content))
