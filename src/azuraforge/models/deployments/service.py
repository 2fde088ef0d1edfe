"""Shadows and canaries: versions that answer alongside an alias's holder, and the rollback of canaries.

The holder is the version that the alias points to. A **shadow** answers every request as well; its predictions are
stored but never returned. A **canary** answers a share of the requests, selected by a hash of their ids; the holder
answers these as well, and its predictions are stored. Every request that both versions answered therefore gives a pair
of predictions. If a canary fails, the holder's prediction is returned.

A canary is rolled back when one of three sequential tests (``judging.py``) shows that it is worse:

- **errors**: requests that only the canary could not answer, minus requests that only the holder could not answer,
  exceed the share ``error_margin`` of the requests. Requests that neither can answer are invalid and do not count.
- **live loss**: pairs with known outcomes in which the canary's loss was higher than the holder's by more than
  ``loss_margin``, minus pairs in which the holder's loss was higher than the canary's by more than it. Pairs are
  selected once; their targets do not overlap.
- **extreme losses**: pairs in which only the canary's largest loss exceeded the largest of the holder's known losses.

The error probability of each test is a third of ``1 - level``, over all evaluations together.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import AzuraError, Conflict, NotFound
from azuraforge.events.service import EventLog
from azuraforge.messages import Message
from azuraforge.models import store
from azuraforge.models.deployment_tables import ModelDeployment
from azuraforge.models.deployments import judging
from azuraforge.models.deployments import store as deployment_store
from azuraforge.models.deployments.comparable import check_comparable, check_other
from azuraforge.models.deployments.places import Answer, Deployed, InThread, Place
from azuraforge.models.deployments.schemas import DeploymentOut, DeploymentPage, DeploymentRequest
from azuraforge.models.events import DeploymentEvent, DeploymentMoved
from azuraforge.models.registry.finding import find_model, find_version, lock_model
from azuraforge.models.registry.folder import VersionFolders
from azuraforge.models.registry.names import check_alias
from azuraforge.models.tables import AliasChange, Model
from azuraforge.paging import PAGE, Order
from azuraforge.projects.idempotency import ANSWER_UNKNOWN
from azuraforge.telemetry import logger

WATCH = "the platform"
#: Maximum number of pairs whose second prediction waits for a thread; further pairs are counted as left out.
_MOST_WAITING = 100
_ORDER: Order[tuple[int]] = Order("deployments", tuple[int])

log = logger("models")


A = TypeVar("A", bound=Answer)
T = TypeVar("T")


class Deployments:
    """Service that starts, serves, evaluates and ends deployments; each method takes the project's id."""

    def __init__(self, database: Database, events: EventLog, folders: VersionFolders) -> None:
        self._database = database
        self._events = events
        self._folders = folders
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._idle = threading.Condition(self._lock)

    def start(
        self, project_id: str, name: str, request: DeploymentRequest, by: str, *, unit: UnitOfWork | None = None
    ) -> DeploymentOut:
        """Deploy a version alongside the version that an alias points to.

        Raises InvalidInput if the alias is not a valid name, NotFound if the model or version does not exist, and
        Conflict if the alias is not set, points to this version or already has an active deployment, or if the two
        versions cannot be compared. Raises StorageError if the version's files do not match their hashes.
        """
        alias = check_alias(request.alias)
        with self._database.read(project_id) as session:
            owner = find_model(session, name)
            row = find_version(session, owner, request.version)
            held = store.alias(session, owner.id, alias)
            losses = [] if held is None else self._known_losses(session, owner, held.version)
        self._folders.verify(project_id, row.content_hash)

        def work(session: Session) -> DeploymentOut:
            owner = lock_model(session, name)
            row = find_version(session, owner, request.version)
            pointer = store.alias(session, owner.id, alias)
            if pointer is None:
                raise Conflict(
                    "model {name!r} has no alias {alias!r}, so no version can be deployed alongside it",
                    next_step="promote a version first with azuraforge models promote {name} {version} --reason WHY",
                    name=name,
                    alias=alias,
                    version=request.version,
                )
            check_other(name, alias, request.version, pointer.version)
            for other in deployment_store.active(session, owner.id, alias):
                raise Conflict(
                    "version {version} is already deployed alongside alias {alias!r} of model {name!r}",
                    next_step="end that deployment first with azuraforge models end {name} {number}",
                    version=other.version,
                    alias=alias,
                    name=name,
                    number=other.number,
                )
            holder = find_version(session, owner, pointer.version)
            check_comparable(name, row, holder)
            made = deployment_store.add(
                session,
                owner,
                alias=alias,
                mode=request.mode,
                version=row.version,
                alongside=pointer.version,
                share_percent=100.0 if request.mode == "shadow" else request.share_percent,
                error_margin=request.error_margin,
                loss_margin=request.loss_margin,
                level=request.level,
                by_series=row.schema.series is not None,
                reason=request.reason,
                started_by=by,
            )
            # If the alias has moved since the losses were read, the deployment begins without known losses.
            if held is not None and held.version == pointer.version:
                if made.by_series:
                    series = deployment_store.series_of(session, made, {each.series for each in losses})
                    judging.begin_by_series(made, reversed(losses), series)
                else:
                    judging.begin(made, (each.loss for each in losses if each.of_its_own))
                session.flush()
            self._emit(session, name, made, "model.deployment_started", reason=request.reason, by=by)
            return judging.deployment_out(made)

        return self._database.write(project_id, work, durable=True, unit=unit)

    def end(
        self, project_id: str, name: str, number: int, reason: str, by: str, *, unit: UnitOfWork | None = None
    ) -> DeploymentOut:
        """End a shadow or canary. Raises NotFound if it does not exist, Conflict if it has already ended."""

        def work(session: Session) -> DeploymentOut:
            row = self._known(session, name, number)
            if row.state != "active":
                raise Conflict(
                    "deployment {number} of model {name!r} has already ended",
                    next_step="see the active deployments with azuraforge models deployments {name}",
                    number=number,
                    name=name,
                )
            deployment_store.end(session, row, "ended", reason=reason, by=by)
            self._emit(session, name, row, "model.deployment_ended", reason=reason, by=by)
            return judging.deployment_out(row)

        return self._database.write(project_id, work, durable=True, unit=unit)

    def list(self, project_id: str, name: str, *, limit: int = PAGE, after: str | None = None) -> DeploymentPage:
        """Return a page of a model's deployments, newest first, with their counts.

        Raises NotFound if the model does not exist, and InvalidInput if ``after`` is not a cursor of this list.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, name)
            key = _ORDER.read(after, owner.id)
            rows = deployment_store.listed(session, owner.id, limit + 1, key)
            page, cursor = _ORDER.cut(rows, limit, lambda row: (row.number,), owner.id)
            return DeploymentPage(items=[judging.deployment_out(row) for row in page], next=cursor)

    def alongside(self, session: Session, model_id: str, alias: str) -> Deployed | None:
        """Return the active deployment next to an alias; None if there is none."""
        for row in deployment_store.active(session, model_id, alias):
            return Deployed(row.number, row.mode, row.version, row.share_percent)
        return None

    async def answer(
        self,
        place: Place,
        request_id: str,
        *,
        ask: Callable[[int], Awaitable[A]],
        ask_pair: Callable[[int, str], None],
        in_thread: InThread,
        at_once: bool = False,
    ) -> A:
        """Answer a request whose alias has a shadow or canary; a background thread obtains the pair's other prediction.

        Args:
            place: target of the request.
            request_id: id of the request, which determines whether a canary answers it.
            ask: function that returns the prediction of the version with the given number.
            ask_pair: function that obtains the prediction of the version with the given number, in a thread, and
                stores it with the given id of the returned prediction.
            in_thread: function that runs blocking work in a thread.
            at_once: whether to obtain both predictions before returning, for inputs that exist only during the request.

        Errors of the holder's ``ask`` are raised. If a canary fails, the holder answers instead, unless the request
        repeats an earlier one whose answer is unknown.
        """
        holder, deployed = place.holder, place.deployed
        if deployed.mode == "canary" and takes(deployed.number, request_id, deployed.share_percent):
            # Decide before the result is known; otherwise the result could affect which pairs are left out.
            counted = not self._is_full()
            try:
                given = await ask(deployed.version)
            except AzuraError as error:
                # The request is a repetition; the holder's answer could not be stored either.
                if error.error_code == ANSWER_UNKNOWN:
                    raise
                given = await ask(holder)  # raises if the question is invalid
                log.warning("canary_failed", model=place.model, version=deployed.version, reason=str(error))
                await in_thread(partial(self._count, place, "only_this_failed" if counted else "left_out"))
                return given
            if not counted:
                await in_thread(partial(self._count, place, "left_out"))
                return given
            keep = partial(self._keep, place, holder, given.prediction_id, ask_pair)
            await self._later(place, keep, at_once, in_thread)
            return given
        given = await ask(holder)
        if deployed.mode == "shadow":
            keep = partial(self._keep, place, deployed.version, given.prediction_id, ask_pair)
            await self._later(place, keep, at_once, in_thread)
        return given

    def end_moved(self, session: Session, owner: Model, line: AliasChange) -> None:
        """End the shadow or canary next to an alias after the move ``line``, since its comparison is over."""
        reason = Message(
            "the alias {alias} now points to another version: {reason}", {"alias": line.alias, "reason": line.reason}
        )
        for row in deployment_store.active(session, owner.id, line.alias):
            deployment_store.end(session, row, "ended", reason=reason, by=line.by)
            self._emit(session, owner.name, row, "model.deployment_ended", reason=str(reason), by=line.by)

    def watch(self, project_id: str, model_ids: Iterable[str]) -> None:
        """Evaluate the active deployments of these models, given by id, and roll back canaries that are worse.

        Called after new outcomes or errors.
        """
        for model_id in model_ids:
            with self._database.read(project_id) as session:
                numbers = [row.number for row in deployment_store.active(session, model_id)]
            for number in numbers:
                if self._database.write(project_id, self._looker(project_id, model_id, number)):
                    self._database.write(project_id, self._taker_back(project_id, model_id, number), durable=True)

    def drain(self, timeout_seconds: float = 30.0) -> None:
        """Wait until no second prediction of a pair is pending, or until the timeout."""
        with self._idle:
            self._idle.wait_for(lambda: self._waiting == 0, timeout_seconds)

    def close(self) -> None:
        """Wait for the predictions that are being computed for pairs, and drop the queued ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _keep(self, place: Place, version: int, pair_id: str, ask_pair: Callable[[int, str], None]) -> None:
        """Obtain the second prediction of a pair, and count whether it succeeded."""
        shadow = version == place.deployed.version
        try:
            ask_pair(version, pair_id)
        except AzuraError as error:
            log.warning("kept_answer_failed", model=place.model, version=version, reason=str(error))
            self._count(place, "only_this_failed" if shadow else "only_alongside_failed")
            return
        self._count(place, "both_answered")

    def _count(self, place: Place, counter: deployment_store.Counter) -> None:
        def work(session: Session) -> None:
            deployment_store.count(session, place.model_id, place.deployed.number, counter)

        self._database.write(place.project_id, work)
        if counter == "only_this_failed":
            self.watch(place.project_id, [place.model_id])

    def _is_full(self) -> bool:
        with self._lock:
            return self._waiting >= _MOST_WAITING

    async def _later(self, place: Place, work: Callable[[], None], at_once: bool, in_thread: InThread) -> None:
        """Run work in a background thread, or before returning if ``at_once``.

        If too many pairs wait already, the pair is left out and counted as such.
        """
        with self._lock:
            full = self._waiting >= _MOST_WAITING
            if not full:
                self._waiting += 1
            if not full and not at_once:
                self._pool = self._pool or ThreadPoolExecutor(2, thread_name_prefix="deployments")
                self._pool.submit(self._guarded, work)
        if full:
            await in_thread(partial(self._count, place, "left_out"))
        elif at_once:
            await in_thread(partial(self._guarded, work))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # no caller waits for this answer
            log.warning("kept_answer_lost", reason=str(error))
        finally:
            with self._idle:
                self._waiting -= 1
                self._idle.notify_all()

    @staticmethod
    def _known_losses(session: Session, owner: Model, version: int) -> Sequence[deployment_store.KnownLoss]:
        return deployment_store.largest_losses(session, owner.id, version, judging.MOST_KNOWN)

    def _looker(self, project_id: str, model_id: str, number: int) -> Callable[[Session], bool]:
        """Return a transaction that counts newly judged pairs and returns whether a canary must be rolled back."""

        def work(session: Session) -> bool:
            row = deployment_store.get(session, model_id, number, lock=True)
            if row is None or row.state != "active":
                return False
            pairs = deployment_store.new_pairs(session, row)
            names = {pair.series for pair in pairs}
            series = deployment_store.series_of(session, row, names) if row.by_series else None
            looked_at = judging.count(row, pairs, series)
            deployment_store.keep_pairs(session, row, looked_at)
            session.flush()
            return row.mode == "canary" and judging.why_worse(row) is not None

        return work

    def _taker_back(self, project_id: str, model_id: str, number: int) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            row = deployment_store.get(session, model_id, number, lock=True)
            if row is None or row.state != "active":
                return  # another caller ended it first
            reason = judging.why_worse(row)
            owner = store.model_by_id(session, model_id)
            if reason is None or owner is None:
                return
            deployment_store.end(session, row, "rolled_back", reason=reason, by=WATCH)
            self._emit(session, owner.name, row, "model.canary_rolled_back", reason=str(reason), by=WATCH)

        return work

    def _known(self, session: Session, name: str, number: int) -> ModelDeployment:
        owner = store.lock_model(session, name)
        row = deployment_store.get(session, owner.id, number, lock=True) if owner is not None else None
        if row is None:
            raise NotFound(
                "model {name!r} has no deployment {number}",
                next_step="run azuraforge models deployments {name}",
                name=name,
                number=number,
            )
        return row

    def _emit(
        self, session: Session, model: str, row: ModelDeployment, type_: DeploymentEvent, *, reason: str, by: str
    ) -> None:
        body = DeploymentMoved(
            type=type_,
            model=model,
            number=row.number,
            mode=row.mode,
            alias=row.alias,
            version=row.version,
            alongside=row.alongside,
            share_percent=row.share_percent,
            reason=reason,
            by=by,
        )
        self._events.append(session, "project", body)


def takes(number: int, request_id: str, share_percent: float) -> bool:
    """Return whether a canary answers this request; the result depends only on the arguments.

    ``number`` is the number of the deployment.

    Example:
        >>> takes(1, "r1", 0), takes(1, "r1", 100)
        (False, True)
    """
    digest = hashlib.sha256(f"{number} {request_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share_percent / 100 * 2**64
