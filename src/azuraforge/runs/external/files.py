"""Files that a client adds to its external run."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

from anyio import to_thread

from azuraforge.database import Database, Session, now
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.events.service import EventLog
from azuraforge.projects.keeping import hold
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas
from azuraforge.runs import shapes, store
from azuraforge.runs.artifacts import ArtifactStore, Stored
from azuraforge.runs.events import ArtifactAdded
from azuraforge.runs.external.service import ExternalRuns
from azuraforge.runs.files.names import check_file_name, media_type_of
from azuraforge.runs.schemas import ArtifactOut
from azuraforge.runs.transitions import run_stream

#: Maximum number of files of an external run.
MOST_FILES = 1000
_RENEWALS_PER_LEASE = 3


class ExternalFiles:
    """Files of external runs. The lease is renewed while a file arrives."""

    def __init__(
        self,
        database: Database,
        events: EventLog,
        artifacts: ArtifactStore,
        external: ExternalRuns,
        lease_seconds: float,
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._database = database
        self._events = events
        self._artifacts = artifacts
        self._external = external
        self._renew_seconds = lease_seconds / _RENEWALS_PER_LEASE
        self._check_quota = check_quota

    async def receive(
        self,
        project_id: str,
        run_id: str,
        person_id: str,
        name: str,
        kind: str,
        body: AsyncIterator[bytes],
        checked: Callable[[Callable[[], ArtifactOut]], Callable[[], ArtifactOut]] = lambda work: work,
    ) -> ArtifactOut:
        """Add a file to a running run, or replace the one of this name. Sending the same file again has no effect.

        ``checked`` wraps the write after a long upload, which is refused if the sender has lost the role. Raises
        InvalidInput if the name is not allowed or the run has too many files, QuotaExceeded if the file does not fit,
        StorageError if it cannot be stored, and the errors of ``ExternalRuns``.
        """
        check_file_name(name)
        await to_thread.run_sync(self._external.renew, project_id, run_id, person_id)
        renewed_at = time.monotonic()
        draft = await to_thread.run_sync(self._artifacts.draft, project_id)
        try:
            async for chunk in body:
                await to_thread.run_sync(draft.write, chunk)
                if time.monotonic() - renewed_at > self._renew_seconds:
                    await to_thread.run_sync(self._external.renew, project_id, run_id, person_id)
                    renewed_at = time.monotonic()
            stored = await to_thread.run_sync(draft.place)
        finally:
            await to_thread.run_sync(draft.discard)
        add = checked(lambda: self._add(project_id, run_id, person_id, name, kind, stored))
        return await to_thread.run_sync(add)

    def _add(self, project_id: str, run_id: str, person_id: str, name: str, kind: str, stored: Stored) -> ArtifactOut:
        media_type, size = media_type_of(name), stored.bytes
        values = {"kind": kind, "media_type": media_type, "bytes": size, "sha256": stored.sha256}

        def work(session: Session) -> ArtifactOut:
            self._external.alive(session, run_id, person_id)
            hold(session)
            before = store.artifact(session, run_id, name)
            if before is not None and (before.sha256, before.kind) == (stored.sha256, kind):
                return shapes.artifact_out(before)
            if before is None and store.count_artifacts(session, run_id) >= MOST_FILES:
                raise InvalidInput(
                    "a run has at most {most} files",
                    where="run {run_id}",
                    next_step="use names that you have used before, or put several files into an archive",
                    most=MOST_FILES,
                    run_id=run_id,
                )
            if not store.knows_file(session, stored.sha256):
                self._check_quota(session, "stored_bytes", stored.bytes)
            if not self._artifacts.path(project_id, stored.sha256).exists():
                raise TransientError("the file was removed while it was added", next_step="send the file again")
            if before is not None:
                session.expire(before)
            store.save_artifact(session, run_id, name, {**values, "created_at": now()})
            event = ArtifactAdded(name=name, kind=kind, media_type=media_type, bytes=size)
            self._events.append(session, run_stream(run_id), event)
            added = store.artifact(session, run_id, name)
            assert added is not None
            return shapes.artifact_out(added)

        return self._database.write(project_id, work)
