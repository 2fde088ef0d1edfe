"""Processing of a prediction request: find the version, query its child process, write the ledger, respond.

A prediction is returned only after its ledger entry is committed. The frequent case uses no additional thread: the
event loop does one lookup and sends the input to the child process, and the thread that receives the reply sends the
entry to the database. A thread is used only if something must be read first, if an entry belongs to the unit of work of
an idempotent request, and for the second prediction of a shadow's or canary's pair.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from anyio import to_thread

from azuraforge.database import Database, UnitOfWork, new_id
from azuraforge.datasets.lookup import DatasetLookup
from azuraforge.errors import TransientError, UserError
from azuraforge.models.deployments.places import Deployed, InThread, Place
from azuraforge.models.deployments.service import Deployments
from azuraforge.models.predictions import store as ledger_store
from azuraforge.models.predictions.ledger import Ledger
from azuraforge.models.predictions.lines import LedgerLine
from azuraforge.models.predictions.questions import Caller, Predicted, Prepared, Question
from azuraforge.models.registry.finding import find_aliased, find_model, find_version
from azuraforge.models.schemas import Target
from azuraforge.models.serving.messages import Reply
from azuraforge.models.serving.versions import Served, ServedVersions
from azuraforge.waiting.ending import ended_with_request

P = TypeVar("P", bound=Predicted)
T = TypeVar("T")


class Found(NamedTuple):
    """Version that a request refers to, and the deployment next to its alias."""

    model_id: str
    version: int
    deployment: Deployed | None = None


class _Entry(NamedTuple):
    line: LedgerLine
    answer: Reply
    at: datetime


@dataclass(frozen=True)
class _Case(Generic[P]):
    """One prediction request, in a form that any version of its model can answer."""

    project_id: str
    model_id: str
    question: Question[P]
    caller: Caller
    unit: UnitOfWork | None


class Inference:
    """Service that answers prediction requests of all kinds; each method takes the project's id."""

    def __init__(
        self,
        database: Database,
        versions: ServedVersions,
        deployments: Deployments,
        ledger: Ledger,
        datasets: DatasetLookup,
    ) -> None:
        self._database = database
        self._datasets = datasets
        self._versions = versions
        self._deployments = deployments
        self._ledger = ledger

    async def predict(
        self,
        project_id: str,
        name: str,
        target: Target,
        question: Question[P],
        by: str,
        in_thread: InThread = to_thread.run_sync,
        *,
        unit: UnitOfWork | None = None,
    ) -> P:
        """Predict with the version that ``target`` names.

        Args:
            unit: unit of work of an idempotent request, in which the ledger entry is written.

        Raises NotFound if the model or version does not exist, Conflict if the alias does not exist, InvalidInput if
        the version cannot predict from the input, and TransientError if its child process dies, times out or is
        overloaded, or if the client disconnects.
        """
        found = await self._find(project_id, name, target, in_thread)
        alias = None if target.version is not None else target.alias
        caller = Caller(name, by, alias, target.request_id)
        case = _Case(project_id, found.model_id, question, caller, unit)
        if found.deployment is None:
            return await self._answer(case, found.version, in_thread)
        caller = replace(caller, request_id=target.request_id or new_id(), deployment=found.deployment.number)
        case = replace(case, caller=caller)
        place = Place(project_id, found.model_id, name, found.version, found.deployment)
        return await self._deployments.answer(
            place,
            str(caller.request_id),
            ask=lambda version: self._answer(case, version, in_thread),
            ask_pair=lambda version, pair_id: self._answer_pair(case, version, pair_id),
            in_thread=in_thread,
            at_once=question.ends_with_request,
        )

    async def _find(self, project_id: str, name: str, target: Target, in_thread: InThread) -> Found:
        if target.version is not None:
            numbered = ledger_store.NUMBERED.given({"name": name, "number": target.version})
            if found := await self._database.ask(project_id, numbered):
                return Found(*found[0])
        else:
            which = {"name": name, "alias": target.alias}
            aliased, deployed = ledger_store.ALIASED.given(which), ledger_store.ALONGSIDE.given(which)
            await self._database.ask_all(project_id, aliased, deployed)
            if aliased.rows:
                return Found(*aliased.rows[0], Deployed(*deployed.rows[0]) if deployed.rows else None)
        missing: Found = await in_thread(partial(self._find_or_explain, project_id, name, target))
        return missing

    def _find_or_explain(self, project_id: str, name: str, target: Target) -> Found:
        """Return the version if it exists by now; otherwise raise the error that explains why it does not."""
        with self._database.read(project_id) as session:
            owner = find_model(session, name)
            if target.version is not None:
                return Found(owner.id, find_version(session, owner, target.version).version)
            version = find_aliased(session, owner, target.alias).version
            return Found(owner.id, version, self._deployments.alongside(session, owner.id, target.alias))

    async def _answer(self, case: _Case[P], version: int, in_thread: InThread) -> P:
        key = (case.project_id, case.model_id, version)
        served = self._versions.remembered(*key)
        if served is None:
            served = await in_thread(partial(self._versions.get, *key))
        assert served is not None
        newest = None
        if case.question.follows_dataset and served.dataset_id is not None:
            newest = await self._datasets.newest(case.project_id, served.dataset_id) or served.dataset_version
        if case.question.is_ready(served, newest):
            prepared = case.question.prepare(served, newest)
        else:
            prepared = await in_thread(partial(case.question.prepare, served, newest))
        try:
            entry = await self._enter(case, served, prepared, in_thread)
        except UserError as error:
            prepared = await in_thread(partial(case.question.retry, served, error))
            entry = await self._enter(case, served, prepared, in_thread)
        return case.question.result(served, entry.line, prepared, entry.answer, entry.at)

    def _answer_pair(self, case: _Case[P], version: int, pair_id: str) -> None:
        """Obtain the second prediction of a pair and store it in the ledger; blocks until it is stored."""
        served = self._versions.get(case.project_id, case.model_id, version)
        prepared = case.question.prepare(served, None)
        try:
            self._enter_soon(case, served, prepared, pair_id).result()
        except UserError as error:
            prepared = case.question.retry(served, error)
            self._enter_soon(case, served, prepared, pair_id).result()

    async def _enter(self, case: _Case[P], served: Served, prepared: Prepared, in_thread: InThread) -> _Entry:
        if case.unit is None:
            return await answer_of(self._enter_soon(case, served, prepared, None))
        answer = await answer_of(self._versions.ask(served, prepared.payload))
        line = case.question.line(served, case.caller, prepared, answer)
        at: datetime = await in_thread(partial(self._ledger.enter, case.project_id, line, case.unit))
        return _Entry(line, answer, at)

    def _enter_soon(self, case: _Case[P], served: Served, prepared: Prepared, pair_id: str | None) -> Future[_Entry]:
        """Send the input to the version and write the ledger entry, without blocking.

        Each step runs on the thread that completed the previous one.
        """
        entered: Future[_Entry] = Future()

        def answered(asked: Future[Reply]) -> None:
            if not entered.set_running_or_notify_cancel():  # the client has disconnected; the answer is discarded
                return
            try:
                answer = asked.result()
                line = case.question.line(served, case.caller, prepared, answer)
                line = line if pair_id is None else replace(line, pair_id=pair_id)
                written = self._ledger.enter_soon(case.project_id, line)
            except BaseException as error:
                entered.set_exception(error)
            else:
                written.add_done_callback(lambda at: stored(line, answer, at))

        def stored(line: LedgerLine, answer: Reply, written: Future[datetime]) -> None:
            error = written.exception()
            if error is None:
                entered.set_result(_Entry(line, answer, written.result()))
            else:
                entered.set_exception(error)

        asked = self._versions.ask(served, prepared.payload)
        asked.add_done_callback(answered)
        entered.add_done_callback(lambda done: asked.cancel() if done.cancelled() else None)
        return entered


async def answer_of(future: Future[T]) -> T:
    """Await a future. If the client of the current request disconnects, cancel the future and raise TransientError."""
    with ended_with_request(future.cancel):
        try:
            return await asyncio.wrap_future(future)
        except (CancelledError, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise TransientError(
                "the client closed the connection", next_step="send the request again", code="client_left"
            ) from None
