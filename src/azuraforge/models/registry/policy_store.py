"""Stored gate policies of models, which users set; they are numbered and never change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import Forbidden, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.models import shapes, store
from azuraforge.models.events import GatePolicyChanged
from azuraforge.models.gate.policy import GatePolicy, PolicyTerms, check_policy
from azuraforge.models.registry.finding import find_model, lock_model
from azuraforge.models.schemas import PolicyOut, PolicyPage, PolicyRequest
from azuraforge.paging import PAGE, Order
from azuraforge.plugins.contract.task_kind import TaskKindFacts

_ORDER: Order[tuple[int]] = Order("policies", tuple[int])

#: Function that returns every loaded task kind by name.
TaskKinds: TypeAlias = Callable[[], Mapping[str, TaskKindFacts]]


class PolicyStore:
    """Store of each model's conditions for promotions."""

    def __init__(self, database: Database, events: EventLog, task_kinds: TaskKinds) -> None:
        self._database = database
        self._events = events
        self._task_kinds = task_kinds

    def current(self, session: Session, model: str) -> GatePolicy:
        """Return a model's current policy; the platform's default policy if the model has none or does not exist."""
        owner = store.model(session, model)
        rows = store.policies(session, owner.id) if owner is not None else ()
        return shapes.gate_policy(rows[0] if rows else None)

    def show(self, project_id: str, model: str) -> PolicyOut:
        """Return a model's current policy. Raises NotFound if the model does not exist."""
        return self.list(project_id, model, limit=1).items[0]

    def list(self, project_id: str, model: str, *, limit: int = PAGE, after: str | None = None) -> PolicyPage:
        """Return a page of a model's policies, newest first; the last one is the platform's default policy.

        Raises NotFound if the model does not exist, and InvalidInput if ``after`` is not a cursor of this list.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, model)
            key = _ORDER.read(after, owner.id)
            rows = store.policies(session, owner.id, limit + 1, key)
        listed = [*(shapes.policy_out(row) for row in rows), shapes.policy_out(None)]
        page, cursor = _ORDER.cut(listed, limit, lambda policy: (policy.number,), owner.id)
        return PolicyPage(items=list(page), next=cursor)

    def set(
        self,
        project_id: str,
        model: str,
        request: PolicyRequest,
        by: str,
        *,
        may_lower: bool = True,
        unit: UnitOfWork | None = None,
    ) -> PolicyOut:
        """Set a model's next policy, and return it; earlier verdicts do not change.

        Raises Forbidden if the policy requires fewer approvals than the current one and ``may_lower`` is false,
        NotFound if the model does not exist, and InvalidInput if its task kind rejects the conditions, or for a model
        without versions, if every task kind rejects them.
        """
        terms = PolicyTerms(**request.model_dump(exclude={"reason"}))
        kinds = self._task_kinds()

        def work(session: Session) -> PolicyOut:
            owner = lock_model(session, model)
            required = self.current(session, owner.name).approvals
            if not may_lower and terms.approvals < required:
                raise Forbidden(
                    "only an admin may lower the number of required approvals in the policy of model {model!r}",
                    where="approvals",
                    next_step="set approvals to {approvals}, or ask an admin of the project",
                    model=owner.name,
                    approvals=required,
                )
            newest = store.versions(session, owner.id)
            _check(terms, kinds, newest[0].kind if newest else None)
            row = store.add_policy(session, owner, policy=terms, reason=request.reason, by=by)
            body = GatePolicyChanged(model=owner.name, number=row.number, by=by, reason=request.reason)
            self._events.append(session, "project", body)
            return shapes.policy_out(row)

        return self._database.write(project_id, work, durable=True, unit=unit)


def _check(terms: PolicyTerms, kinds: Mapping[str, TaskKindFacts], task: str | None) -> None:
    """Raise InvalidInput if the task kind, or every task kind if ``task`` is None, rejects the conditions.

    If no installed plugin provides the task kind, nothing is checked; no candidate is evaluated until the plugin is
    installed again.
    """
    asked = [kind for name, kind in kinds.items() if task is None or name == task]
    refused: InvalidInput | None = None
    for kind in asked:
        try:
            check_policy(terms, kind)
            return
        except InvalidInput as error:
            refused = refused or error
    if refused is not None:
        raise refused
