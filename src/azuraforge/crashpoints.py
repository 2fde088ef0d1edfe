"""Crash points: named places in the code where a test can kill the process to check the state after a crash.

``AZURAFORGE_CRASHPOINT=name`` kills the process with SIGKILL at the call ``crashpoint("name")``; ``name:3`` does so at
the third call. With ``AZURAFORGE_CRASHPOINT_ONCE=/a/file``, only the first process that creates this file is
killed. If ``AZURAFORGE_CRASHPOINT`` is not set, ``crashpoint`` does nothing.

``POINTS`` lists all crash points; one test compares the list with the code, and another kills a process at each.
"""

from __future__ import annotations

import os
import signal
import threading

#: Name of each crash point, and the state of the data there.
POINTS = {
    # the API
    "run_queued_before_submitted": "the run is stored; no worker slot was notified and no response was sent",
    "answer_before_kept": "a request with an idempotency key was processed; its response is not stored",
    # claiming and ending an attempt (worker)
    "claim_before_commit": "a run is claimed and its attempt recorded, in an uncommitted transaction",
    "claimed_before_carried": "the run is in the state running; no process executes it",
    "success_before_commit": "versions, promotion and the run's end are written, in an uncommitted transaction",
    "success_before_swept": "the run has succeeded; its work folder still exists",
    "follow_up_before_stored": "a computation that follows a successful run has ended; none of its results are stored",
    "end_before_written": "an attempt ended without success; its end is not recorded",
    "requeued_before_told": "a run is requeued, in an uncommitted transaction",
    # a phase (worker)
    "phase_announced": "the event log contains the start of a phase; its child process was not started",
    "child_started": "a child process was started; it received no input",
    "record_before_commit": "points, progress and checkpoints of a child are written, in an uncommitted transaction",
    "checkpoint_before_commit": "a complete checkpoint is on disk; the transaction that refers to it is uncommitted",
    "recorded_before_freed": "old checkpoints are deleted from the database; their folders still exist",
    "phase_before_kept": "a phase returned its result; the result is not stored",
    "phase_kept": "a phase's result is stored; its work folder still exists",
    # checkpoints (child)
    "checkpoint_before_rename": "a checkpoint is written to a temporary folder; it is not renamed yet",
    "checkpoint_before_told": "a complete checkpoint is at its final path; the worker was not notified",
    # files
    "artifact_before_placed": "an artifact is written to a temporary file; it is not in the store yet",
    "artifact_before_listed": "an artifact is in the store; the run does not list it",
    "version_before_placed": "a version is written to a temporary folder; it is not in the store yet",
    "version_before_registered": "a version's folder is in the store; no version refers to it",
    # versions of datasets
    "segments_before_version": "new segments are in the store; no version refers to them",
    "version_added_before_commit": "a version and its event are written, in an uncommitted transaction",
    # restoring a backup
    "outcomes_before_commit": "outcomes of predictions are written, in an uncommitted transaction",
    "restore_extracted": "the backup is unpacked next to the unchanged database",
    "restore_before_decided": "the new database is verified and upgraded; the old one is still in use",
    "restore_decided": "the new database is complete, next to the old one, which is still in use",
    "restore_journals_aside": "the old database's journals are moved away; its file is still at the final path",
    "restore_before_placed": "the old database has a second name; the new one is not at the final path yet",
    "restore_placed": "the new database is at the final path",
    "restore_before_row_security": "PostgreSQL contains the backup's rows; the platform's role cannot read them yet",
    # feeds
    "feed_segment_before_commit": "the file of a segment is written; its rows are not recorded as sealed",
    # learners
    "learner_before_commit": "answers, states and the position of a learner are written, in an uncommitted transaction",
    # schedules
    "fire_before_commit": "a fire and its run are written, in an uncommitted transaction",
    # automations
    "causes_before_commit": "events are passed to automations and the cursor advanced, in an uncommitted transaction",
    "firing_before_commit": "a firing and its steps are written, in an uncommitted transaction",
    "step_before_commit": "a step's effect and its row are written, in an uncommitted transaction",
    "firing_end_before_commit": "the end of a firing is written, in an uncommitted transaction",
    "message_sent_before_recorded": "a message was delivered to its target; the outbox has not recorded the delivery",
    # studies
    "trial_before_commit": "a trial and its run are written, in an uncommitted transaction",
    "trials_before_collected": "the results of trials are written, in an uncommitted transaction",
    "study_before_ended": "a study's end and the run of its winner are written, in an uncommitted transaction",
    # the log
    "event_before_commit": "an event has its sequence number, in an uncommitted transaction",
    # stopping and starting
    "recovered_in_part": "one of the runs that an earlier process left running was requeued; the others were not",
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
