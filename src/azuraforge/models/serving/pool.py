"""Pool of replicas, one per version, each with a long-lived child process.

The least recently used child processes are ended to free memory. App code runs only in child processes. Versions do not
wait for each other.
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
    """Pool of child processes, each of which keeps one version loaded.

    Args:
        open_child: function that starts a child process, such as ``Launcher.open``.
        plugins_folder: folder of dropped-in plugins.
        kernels_folder: function that is called when a child process starts and returns the folder of the engine's
            kernels, None to use none.
        max_bytes: maximum resident memory of all loaded child processes; the one used last may exceed it alone.
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
        """Send a request to a version and return the future reply; never blocks.

        The child process is started if the version is not loaded. Callbacks of the future run on the replica's thread
        and must return quickly.

        Args:
            key: project id and content hash.
            opening: facts that the child process requires in order to load the version.
            payload: request.
            timeout_seconds: limit for this reply; starting the process and loading have the launcher's own limit.
            on_piece: callback for the pieces of a streamed reply; see ``Replica.ask``.

        Raises TransientError if the platform is stopping or the queue of the version is full.
        """
        question: Question = {"type": "question", "payload": payload}
        frame = encode(question)
        with self._lock:
            if self._closed:
                raise TransientError("the platform is stopping", next_step="try again when the platform is running")
            replica = self._replicas.get(key)
            if replica is None:
                # Remove replicas without a running process and without waiting requests.
                for other, cold in list(self._replicas.items()):
                    if not cold.is_loaded and cold.close_if_idle():
                        del self._replicas[other]
                replica = self._replicas[key] = Replica(lambda: self._opened(ENTRY, opening), self._make_room)
            self._replicas.move_to_end(key)
            # The lock ensures that the replica cannot end before it receives the request.
            return replica.ask(frame, timeout_seconds, on_piece)

    def ask_apart(self, entry: str, opening: Opening, payload: Mapping[str, object], timeout_seconds: float) -> Reply:
        """Start a child process at ``entry`` for this one request, and return the reply.

        Raises the child's own AzuraError, or TransientError if the process dies or exceeds ``timeout_seconds``.
        """
        child_session = self._opened(entry, opening)
        try:
            return child_session.ask(dict(payload), timeout_seconds)
        finally:
            child_session.close()

    def close(self) -> None:
        """End every child process."""
        with self._lock:
            self._closed = True
            replicas, self._replicas = list(self._replicas.values()), OrderedDict()
        for replica in replicas:
            replica.close()

    @property
    def loaded(self) -> list[Key]:
        """Versions with a running child process, least recently used first."""
        with self._lock:
            return [key for key, replica in self._replicas.items() if replica.is_loaded]

    def folders(self) -> Folders:
        """Return the folders from which a child process started now loads plugins and kernels."""
        return {"plugins_folder": self._plugins_folder, "kernels_folder": self._kernels_folder()}

    def _opened(self, entry: str, opening: Opening) -> ChildSession:
        complete: ChildOpening = {**opening, **self.folders()}
        return self._open(entry, dict(complete))

    def _make_room(self, just_used: Replica) -> None:
        """End idle child processes except ``just_used``, least recently used first, until the rest fit."""
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
