"""Named places in the code at which a test can kill the process, to check what remains after a crash there.

``AZURAFORGE_CRASHPOINT=name`` (or ``name:3`` for the third pass) kills the process with SIGKILL at the call
``crashpoint("name")``. With ``AZURAFORGE_CRASHPOINT_ONCE=/a/file``, only the first process that creates this file is
killed. If ``AZURAFORGE_CRASHPOINT`` is not set, ``crashpoint`` does nothing.

``POINTS`` lists every place; one test compares the list with the code, and another kills a process at each place.
"""

from __future__ import annotations

import os
import signal
import threading

#: name → state of the data at this point
POINTS = {
    # the API
    "run_queued_before_submitted": "the run's row is there; no slot was woken, nobody was answered",
    "answer_before_kept": "a keyed request did its work; its answer was not stored",
    # claiming and ending an attempt (worker)
    "claim_before_commit": "a run was taken and its attempt begun, in a transaction that never ends",
    "claimed_before_carried": "the run is running; nobody carries it",
    "success_before_commit": "versions, promotion and the end are written, in a transaction that never ends",
    "success_before_swept": "the run has succeeded; its work folder is still there",
    "follow_up_before_stored": "a computation after a success has ended; nothing that it attached is stored",
    "end_before_written": "an attempt ended without success; nothing says so",
    "requeued_before_told": "an attempt was put back, in a transaction that never ends",
    # a phase (worker)
    "phase_announced": "the log names a phase whose child was not started",
    "child_started": "a child was started and told nothing",
    "record_before_commit": "points, progress and checkpoints of a child, in a transaction that never ends",
    "checkpoint_before_commit": "a whole checkpoint lies on disk; its pointer's transaction never ends",
    "recorded_before_freed": "old checkpoints are forgotten; their folders are still there",
    "phase_before_kept": "a phase answered; its result was not stored",
    "phase_kept": "a phase's result is stored; its work folder is still there",
    # checkpoints (child)
    "checkpoint_before_rename": "a checkpoint is written next to its place",
    "checkpoint_before_told": "a whole checkpoint lies in its place; the worker was not told",
    # files
    "artifact_before_placed": "an artifact is written next to its place",
    "artifact_before_listed": "an artifact lies in the store; the run does not list it",
    "version_before_placed": "a version's folder is written next to its place",
    "version_before_registered": "a version's folder lies in the store; no version names it",
    # versions of datasets
    "segments_before_version": "new segments lie in the store; no version names them",
    "version_added_before_commit": "a version and its event are written, in a transaction that never ends",
    # restoring a backup
    "outcomes_before_commit": "predictions were judged, in a transaction that never ends",
    "restore_extracted": "the backup is unpacked next to the database, which is unchanged",
    "restore_before_decided": "the new database is verified and upgraded; the old one is in place",
    "restore_decided": "the new database lies complete next to the old one, which is in place",
    "restore_journals_aside": "the old database's journals are set aside; its file is in place",
    "restore_before_placed": "the old database has a second name; the new one is not in place",
    "restore_placed": "the new database is in place",
    "restore_before_row_security": "PostgreSQL has the backup's rows; the platform's role may not read them",
    # schedules
    "fire_before_commit": "a fire and its run are written, in a transaction that never ends",
    # automations
    "causes_before_commit": "events were offered to automations and the cursor moved, in a transaction that never ends",
    "firing_before_commit": "a firing and its steps are written, in a transaction that never ends",
    "step_before_commit": "a step's effect and its row are written, in a transaction that never ends",
    "firing_end_before_commit": "the end of a firing is written, in a transaction that never ends",
    "message_sent_before_recorded": "a target has a message; the outbox does not say so",
    # studies
    "trial_before_commit": "a trial and its run are written, in a transaction that never ends",
    "trials_before_collected": "what trials came to is written, in a transaction that never ends",
    "study_before_ended": "a study's end and its winner's run are written, in a transaction that never ends",
    # the log
    "event_before_commit": "a line of the log has its number, in a transaction that never ends",
    # stopping and starting
    "recovered_in_part": "one of the runs that an earlier life left running was put back; the others were not",
}

_NAME, _, _PASS = os.environ.get("AZURAFORGE_CRASHPOINT", "").partition(":")
_left = int(_PASS or 1)
_lock = threading.Lock()


def _die_at(name: str) -> None:
    global _left
    if name != _NAME:
        return
    with _lock:
        _left -= 1
        if _left != 0:
            return
        if once := os.environ.get("AZURAFORGE_CRASHPOINT_ONCE"):
            try:
                os.close(os.open(once, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                return
    os.kill(os.getpid(), signal.SIGKILL)


def _go_on(_name: str) -> None:
    pass


#: Kill this process if the environment names this crash point.
crashpoint = _die_at if _NAME else _go_on
