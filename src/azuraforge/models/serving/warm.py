"""Warm predictors: one long-lived child per version, least recently used given back by bytes.

App code runs only in children. A child that died is started again once and asked again, and if that one dies too, of
the question no doubt, that is the answer; one that does not answer in time is ended. Requests to one version wait for
each other, requests to different versions do not.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from azuraforge.errors import TransientError
from azuraforge.runs.launcher import TOO_SLOW

Key = tuple[str, str]
ENTRY = "azuraforge.models.serving.child:serve"
#: Asking the system for a child's memory costs as much as its answer.
_MEASURE_SECONDS = 5.0


class Conversation(Protocol):
    """A long-lived child, see ``runs.launcher``."""

    @property
    def resident_bytes(self) -> int:
        """Its memory now; 0 where it has died."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it can be asked; cheap enough for every question."""
        ...

    def ask(self, payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Its answer. Raises the child's own AzuraError, or TransientError where it died or was too slow."""
        ...

    def close(self) -> None:
        """End it."""
        ...


Open = Callable[[str, dict[str, Any]], Conversation]


class _Warm:
    """One version's child, and the lock that serialises what is asked of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.conversation: Conversation | None = None
        self.bytes = 0
        self.measured_at = 0.0


class WarmPredictors:
    """Answers by children that keep a version loaded.

    Args:
        open_child: ``Launcher.open``.
        plugins_folder: where dropped-in plugins lie.
        kernels_folder: asked when a child starts: where it finds the engine's kernels, None where it may not use any.
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
        self._warm: OrderedDict[Key, _Warm] = OrderedDict()
        self._closed = False

    def ask(
        self, key: Key, opening: Mapping[str, Any], payload: dict[str, Any], timeout_seconds: float
    ) -> dict[str, Any]:
        """Ask a version, starting its child where it is not warm.

        Args:
            key: (project, content hash).
            opening: what the child needs to load the version.
            payload: the question.
            timeout_seconds: for this one answer; starting the child and loading have the launcher's own limit.
        """
        with self._lock:
            if self._closed:
                raise TransientError("the platform is stopping", next_step="ask again when it runs")
            warm = self._warm.setdefault(key, _Warm())
            self._warm.move_to_end(key)
        with warm.lock:
            answer = self._ask(warm, opening, payload, timeout_seconds)
        self._make_room(key)
        return answer

    def ask_apart(self, opening: Mapping[str, Any], payload: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Ask a child that is opened for this one question."""
        conversation = self._open(ENTRY, self._with_folders(opening))
        try:
            return conversation.ask(payload, timeout_seconds)
        finally:
            conversation.close()

    def close(self) -> None:
        """End every child."""
        with self._lock:
            self._closed = True
            warm, self._warm = list(self._warm.values()), OrderedDict()
        for each in warm:
            with each.lock:
                _end(each)

    @property
    def loaded(self) -> list[Key]:
        """Versions with a living child, least recently used first."""
        with self._lock:
            return [key for key, warm in self._warm.items() if warm.conversation is not None]

    def _ask(
        self, warm: _Warm, opening: Mapping[str, Any], payload: dict[str, Any], timeout_seconds: float
    ) -> dict[str, Any]:
        if warm.conversation is not None and not warm.conversation.alive:
            _end(warm)  # it died since it was last asked
        try:
            return self._answer(warm, opening, payload, timeout_seconds)
        except TransientError as error:  # it died, or is still busy with this question
            _end(warm)
            if error.error_code == TOO_SLOW:
                raise
        try:  # once more, in a fresh child: it may have died of something else
            return self._answer(warm, opening, payload, timeout_seconds)
        except TransientError:
            _end(warm)
            raise

    def _answer(
        self, warm: _Warm, opening: Mapping[str, Any], payload: dict[str, Any], timeout_seconds: float
    ) -> dict[str, Any]:
        if warm.conversation is None:
            warm.conversation = self._open(ENTRY, self._with_folders(opening))
        answer = warm.conversation.ask(payload, timeout_seconds)
        if (at := time.monotonic()) >= warm.measured_at + _MEASURE_SECONDS:
            warm.bytes, warm.measured_at = warm.conversation.resident_bytes, at
        return answer

    def _with_folders(self, opening: Mapping[str, Any]) -> dict[str, Any]:
        return {**opening, "plugins_folder": self._plugins_folder, "kernels_folder": self._kernels_folder()}

    def _make_room(self, just_used: Key) -> None:
        """End the least recently used children until the rest fits; one that is answering is left alone."""
        with self._lock:
            total = sum(warm.bytes for warm in self._warm.values())
            if total <= self._max_bytes:
                return
            for key in list(self._warm):
                warm = self._warm[key]
                if total <= self._max_bytes:
                    return
                if key == just_used or not warm.lock.acquire(blocking=False):
                    continue
                try:
                    total -= warm.bytes
                    _end(warm)
                    del self._warm[key]
                finally:
                    warm.lock.release()


def _end(warm: _Warm) -> None:
    if warm.conversation is not None:
        conversation, warm.conversation, warm.bytes, warm.measured_at = warm.conversation, None, 0, 0.0
        conversation.close()
