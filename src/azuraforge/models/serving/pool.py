"""Pool of replicas: one long-lived child per version; the least recently used ones are ended to free memory.

App code runs only in children. Versions do not wait for each other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from azuraforge.errors import TransientError
from azuraforge.models.serving.child_session import ChildSession
from azuraforge.models.serving.messages import ChildOpening, Folders, Opening, Reply
from azuraforge.models.serving.replica import OnPiece, Replica
from azuraforge.processes.frames import Question, encode

Key = tuple[str, str]
ENTRY = "azuraforge.models.serving.opening:serve"

Open = Callable[[str, dict[str, object]], ChildSession]


class ReplicaPool:
    """Pool that answers with children which keep a version loaded.

    Args:
        open_child: ``Launcher.open``.
        plugins_folder: the folder of dropped-in plugins.
        kernels_folder: called when a child starts; returns the folder of the engine's kernels, None to use none.
        max_bytes: resident memory of all warm children together; the one just used may exceed it alone.
    """

    def __init__(
        self,
        open_child: Open,
        plugins_folder: str,
        kernels_folder: Callable[[], str | None] = lambda: None,
        max_bytes: int = 1 << 30,
    ) -> None:
        self._open = open_child
        self._plugins_folder = plugins_folder
        self._kernels_folder = kernels_folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._replicas: OrderedDict[Key, Replica] = OrderedDict()
        self._closed = False

    def ask_soon(
        self,
        key: Key,
        opening: Opening,
        payload: Mapping[str, object],
        timeout_seconds: float,
        on_piece: OnPiece | None = None,
    ) -> Future[Reply]:
        """Ask a version, starting its child if it is not loaded; never blocks.

        What is done with the answer is done on the replica's thread: it must be quick.

        Args:
            key: (project, content hash).
            opening: what the child needs to load the version.
            payload: the question.
            timeout_seconds: for this one answer; starting the child and loading have the launcher's own limit.
            on_piece: receives the pieces of an answer that the child streams; see ``Replica.ask``.
        """
        question: Question = {"type": "question", "payload": payload}
        frame = encode(question)
        with self._lock:
            if self._closed:
                raise TransientError("the platform is stopping", next_step="try again when it is running")
            replica = self._replicas.get(key)
            if replica is None:
                for other, cold in list(self._replicas.items()):  # could not open, or died, and no question waits
                    if not cold.is_loaded and cold.close_if_idle():
                        del self._replicas[other]
                replica = self._replicas[key] = Replica(lambda: self._opened(ENTRY, opening), self._make_room)
            self._replicas.move_to_end(key)
            return replica.ask(frame, timeout_seconds, on_piece)  # locked: a replica that has ended cannot be asked

    def ask_apart(self, entry: str, opening: Opening, payload: Mapping[str, object], timeout_seconds: float) -> Reply:
        """Ask a child that is started at ``entry`` for this one question."""
        child_session = self._opened(entry, opening)
        try:
            return child_session.ask(dict(payload), timeout_seconds)
        finally:
            child_session.close()

    def close(self) -> None:
        """End every child."""
        with self._lock:
            self._closed = True
            replicas, self._replicas = list(self._replicas.values()), OrderedDict()
        for replica in replicas:
            replica.close()

    @property
    def loaded(self) -> list[Key]:
        """Versions with a running child, least recently used first."""
        with self._lock:
            return [key for key, replica in self._replicas.items() if replica.is_loaded]

    def folders(self) -> Folders:
        """Return the folders from which a child started now loads plugins and kernels."""
        return {"plugins_folder": self._plugins_folder, "kernels_folder": self._kernels_folder()}

    def _opened(self, entry: str, opening: Opening) -> ChildSession:
        complete: ChildOpening = {**opening, **self.folders()}
        return self._open(entry, dict(complete))

    def _make_room(self, just_used: Replica) -> None:
        """End the least recently used children until the rest fits; those with questions are spared."""
        with self._lock:
            total = sum(replica.bytes for replica in self._replicas.values())
            for key in list(self._replicas):
                if total <= self._max_bytes:
                    return
                replica = self._replicas[key]
                held = replica.bytes
                if replica is not just_used and replica.close_if_idle():
                    total -= held
                    del self._replicas[key]
