"""What changes models: a new version, an evaluation, a moved alias. Always inside the caller's transaction.

The transaction is usually the one that ends a training run, so that "succeeded", the new version and the moved alias
become true together or not at all.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from azuraforge.database import Session
from azuraforge.datasets.duplicates import Kin
from azuraforge.errors import Conflict, InvalidInput, NotFound, TransientError
from azuraforge.events.service import EventLog
from azuraforge.models import store, trash_store
from azuraforge.models.deployments import store as deployment_store
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.registry.folder import Imported
from azuraforge.models.tables import AliasChange, Evaluation, Model, ModelVersion
from azuraforge.projects.keeping import hold

CHAMPION = "champion"
#: Where the gate puts what passed, while a person decides.
CANDIDATE = "candidate"
#: Who moves an alias where the platform does so by itself.
BY_GATE = "gate"
#: Words that would be read as something else than an alias.
RESERVED = ("all", "latest", "newest", "none", "version")


@dataclass(frozen=True)
class HeldOut:
    """The rows that a verdict is given on: whose target, and from when to when (both ends inclusive).

    ``fingerprint`` and ``file_sha256`` are of the dataset's version: the same data may have other names.
    """

    dataset_id: str
    target: str
    start_at: datetime
    end_at: datetime
    fingerprint: str | None = None
    file_sha256: str | None = None


class Registry:
    """Versions are only added; aliases only move, with a reason and a line of history."""

    def __init__(self, events: EventLog) -> None:
        self._events = events

    def register_version(
        self,
        session: Session,
        project_id: str,
        model: str,
        imported: Imported,
        *,
        kind: str,
        plugin: str,
        plugin_version: str | None,
        config: Mapping[str, Any],
        schema: Mapping[str, Any],
        run_id: str,
        dataset_id: str | None,
        dataset_version: int | None,
        dataset_fingerprint: str | None,
        learned_from: Mapping[str, Any],
        code_version: str,
        seed: int,
        parent_version: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        weights_sha256: str | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> ModelVersion:
        """Add the next version of ``model`` (made where it is new); ``origin`` says where an imported one was made.

        ``learned_from`` holds what the weights have seen: at least ``start`` and ``end`` (ISO 8601, inclusive) of
        the training and validation rows. Raises TransientError where the folder was freed since it was imported.
        """
        owner = store.ensure_model(session, project_id, check_name(model))
        hold(session, project_id)
        if not self._is_there(project_id, imported.content_hash):
            raise TransientError(f"a version with the weights of the next one of {model!r} was just purged with them")
        row = store.add_version(
            session,
            owner,
            content_hash=imported.content_hash,
            bytes=imported.bytes,
            weights_sha256=weights_sha256,
            kind=kind,
            plugin=plugin,
            plugin_version=plugin_version,
            config=dict(config),
            schema=dict(schema),
            run_id=run_id,
            dataset_id=dataset_id,
            dataset_version=dataset_version,
            dataset_fingerprint=dataset_fingerprint,
            learned_from=dict(learned_from),
            code_version=code_version,
            seed=seed,
            parent_version=parent_version,
            metrics=dict(metrics) if metrics is not None else None,
            imported=dict(origin) if origin is not None else None,
        )
        session.refresh(row)
        self._tell(session, project_id, "model.version_added", model=model, version=row.version, run_id=run_id)
        return row

    def store_evaluation(
        self,
        session: Session,
        project_id: str,
        run_id: str,
        model: str,
        version: int | None,
        *,
        evaluation: Mapping[str, Any],
        verdict: VerdictRecord,
        held_out: HeldOut,
        losses_artifact: str | None = None,
    ) -> Evaluation:
        """Keep an evaluation with its verdict, passed or not; a look that nobody reserved counts from now on."""
        owner = store.ensure_model(session, project_id, check_name(model))
        self.reserve_use(session, project_id, run_id, 1, held_out)
        return store.add_evaluation(
            session,
            project_id=project_id,
            run_id=run_id,
            model_id=owner.id,
            version=version,
            dataset_id=held_out.dataset_id,
            target=held_out.target,
            test_start_at=held_out.start_at,
            test_end_at=held_out.end_at,
            evaluation=dict(evaluation),
            verdict=verdict,
            losses_artifact=losses_artifact,
        )

    def earlier_uses(self, session: Session, project_id: str, held_out: HeldOut) -> int:
        """How many verdicts were or are being given on these rows, or on some of them.

        A test part that was moved by a row is still the one that was looked at, and so is the same data under another
        name, or another version of it.
        """
        kin = self._kin(session, project_id, held_out)
        return store.count_uses(session, project_id, kin, held_out.target, held_out.start_at, held_out.end_at)

    def reserve_use(self, session: Session, project_id: str, run_id: str, attempt: int, held_out: HeldOut) -> int:
        """Take a look at these rows for a run, before it is judged; returns how many were taken earlier.

        A run has one look: a later attempt, which judges anew what the first one did, is told the same number.
        """
        if (present := store.held_out_use(session, project_id, run_id)) is not None:
            return present.earlier
        # The number comes first: of two at once the later one waits for it, and counts when the earlier one is there.
        row = store.add_held_out_use(
            session,
            project_id,
            run_id=run_id,
            attempt=attempt,
            dataset_id=held_out.dataset_id,
            fingerprint=held_out.fingerprint,
            file_sha256=held_out.file_sha256,
            target=held_out.target,
            test_start_at=held_out.start_at,
            test_end_at=held_out.end_at,
        )
        kin = self._kin(session, project_id, held_out)
        row.earlier = store.count_uses(
            session, project_id, kin, held_out.target, held_out.start_at, held_out.end_at, before=row.number
        )
        session.flush()
        return row.earlier

    def champion(self, session: Session, project_id: str, model: str) -> ModelVersion | None:
        """The version that the alias points at now; None for a new model, too."""
        owner = store.model(session, project_id, model)
        return self._aliased(session, project_id, owner.id, CHAMPION) if owner else None

    def promote(
        self,
        session: Session,
        project_id: str,
        model: str,
        version: int,
        *,
        reason: str,
        by: str,
        alias: str = CHAMPION,
        run_id: str | None = None,
        expected: int | Literal["anyone"] | None = "anyone",
    ) -> AliasChange:
        """Move an alias and write history.

        Where ``expected`` is given (a version, or None for "nobody"), raises Conflict before anything is written if
        the alias has moved since: the gate judged against another champion.
        """
        owner = self._locked(session, project_id, model)
        self._version(session, owner, version)
        pointer = store.alias(session, project_id, owner.id, check_alias(alias))
        present = pointer.version if pointer else None
        if expected != "anyone" and present != expected:
            raise Conflict(
                f"the {alias} of {model!r} is version {present} by now, not {expected}",
                code="champion_changed",
                next_step="judge again against the present one",
            )
        if present == version:
            raise Conflict(f"version {version} of {model!r} is already {alias}")
        line = store.move_alias(
            session,
            owner,
            alias,
            version=version,
            previous_version=present,
            below=pointer.change if pointer else None,
            action="promote",
            reason=reason,
            by=by,
            run_id=run_id,
        )
        self._moved(session, owner, line)
        return line

    def remove_alias(
        self, session: Session, project_id: str, model: str, alias: str, *, reason: str, by: str
    ) -> AliasChange:
        """Take an alias away; the history keeps it. Raises Conflict for the champion's: somebody has to serve."""
        owner = self._locked(session, project_id, model)
        if alias == CHAMPION:
            raise Conflict(
                f"the {CHAMPION} of {model!r} cannot be taken away",
                next_step="promote another version, roll back, or delete the model",
            )
        pointer = store.alias(session, project_id, owner.id, alias)
        if pointer is None:
            raise NotFound(f"model {model!r} has no {alias}", next_step=f"azuraforge models show {model}")
        line = store.remove_alias(session, owner, pointer, reason=reason, by=by)
        self._moved(session, owner, line)
        return line

    def rollback(
        self, session: Session, project_id: str, model: str, *, reason: str, by: str, alias: str = CHAMPION
    ) -> AliasChange:
        """The same move backwards: the alias points again where it did before the last promotion that stands.

        Repeated, it goes one step further each time. Raises Conflict where there is nothing before.
        """

        owner = self._locked(session, project_id, model)
        before = self._before(session, owner, alias)
        pointer = store.alias(session, project_id, owner.id, alias)
        line = store.move_alias(
            session,
            owner,
            alias,
            version=before.version,
            previous_version=pointer.version if pointer else None,
            below=before.below,
            action="rollback",
            reason=reason,
            by=by,
            run_id=None,
        )
        self._moved(session, owner, line)
        return line

    def _before(self, session: Session, owner: Model, alias: str) -> AliasChange:
        """The change that a rollback returns to; raises Conflict where there is none."""
        pointer = store.alias(session, owner.project_id, owner.id, alias)
        if pointer is None:
            raise Conflict(
                f"model {owner.name!r} has no {alias} to roll back", next_step=f"azuraforge models show {owner.name}"
            )
        standing = store.change(session, owner.project_id, owner.id, pointer.change)
        below = standing.below if standing is not None else None
        before = store.change(session, owner.project_id, owner.id, below) if below is not None else None
        if before is None:
            raise Conflict(
                f"version {pointer.version} is the first {alias} of {owner.name!r}; there is nothing before it",
                next_step=f"promote another version: azuraforge models promote {owner.name} VERSION",
            )
        return before

    def _known(self, session: Session, project_id: str, name: str, *, trash: bool = False) -> Model:
        found = store.model(session, project_id, name)
        if found is None and trash:
            found = trash_store.find(session, project_id, name)
        return found if found is not None else self._unknown(session, project_id, name)

    def _locked(self, session: Session, project_id: str, name: str) -> Model:
        found = store.lock_model(session, project_id, name)
        return found if found is not None else self._unknown(session, project_id, name)

    def _unknown(self, session: Session, project_id: str, name: str) -> Model:
        if trash_store.find(session, project_id, name) is not None:
            restore = f"azuraforge models restore {name}"
            raise NotFound(f"model {name!r} is in the trash", next_step=restore, code="in_trash")
        close = difflib.get_close_matches(name, store.names(session, project_id), n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise NotFound(f"model {name!r} does not exist", next_step=f"{hint}azuraforge models list")

    def _kin(self, session: Session, project_id: str, held_out: HeldOut) -> Kin:
        """Which datasets hold the same data: through the datasets that are there, and through every earlier look."""
        contents = {each for each in (held_out.fingerprint, held_out.file_sha256) if each}
        known = Kin(frozenset({held_out.dataset_id}), frozenset(contents))
        while (grown := self._grown(session, project_id, known)) != known:
            known = grown
        return known

    def _grown(self, session: Session, project_id: str, known: Kin) -> Kin:
        return store.kin_by_uses(session, project_id, known)

    def _is_there(self, project_id: str, content_hash: str) -> bool:
        """Whether the store has the folder of a version that is about to be added."""
        return True

    def _version(self, session: Session, owner: Model, number: int, *, trash: bool = False) -> ModelVersion:
        row = store.version(session, owner.project_id, owner.id, number)
        if row is not None and row.purged_at is None and row.deleted_at is not None and not trash:
            raise NotFound(
                f"version {number} of model {owner.name!r} is in the trash",
                next_step=f"azuraforge models restore {owner.name} {number}",
                code="in_trash",
            )
        if row is None or row.purged_at is not None:
            raise NotFound(
                f"model {owner.name!r} has no version {number}", next_step=f"azuraforge models show {owner.name}"
            )
        return row

    def _aliased(self, session: Session, project_id: str, model_id: str, alias: str) -> ModelVersion | None:
        pointer = store.alias(session, project_id, model_id, alias)
        return store.version(session, project_id, model_id, pointer.version) if pointer else None

    def _moved(self, session: Session, owner: Model, line: AliasChange) -> None:
        self._end_deployments(session, owner, line)
        told = {"promote": "model.promoted", "rollback": "model.rolled_back", "remove": "model.alias_removed"}
        self._tell(
            session,
            owner.project_id,
            told[line.action],
            model=owner.name,
            alias=line.alias,
            version=line.version,
            previous_version=line.previous_version,
            reason=line.reason,
            by=line.by,
            run_id=line.run_id,
        )

    def _end_deployments(self, session: Session, owner: Model, line: AliasChange) -> None:
        """Whoever answered beside the version that has just lost an alias has nobody to be compared with."""
        reason = f"the {line.alias} moved: {line.reason}"
        for row in deployment_store.active(session, owner.project_id, owner.id, line.alias):
            deployment_store.end(session, row, "ended", reason=reason, by=line.by)
            told = {"model": owner.name, "number": row.number, "version": row.version, "mode": row.mode}
            self._tell(session, owner.project_id, "model.deployment_ended", **told, reason=reason, by=line.by)

    def _tell(self, session: Session, project_id: str, type_: str, **data: Any) -> None:
        self._events.append(session, project_id, "project", type_, data)


def check_name(name: str) -> str:
    """A model's name is part of addresses: letters, digits, ``.``, ``_`` and ``-``."""
    if (
        not name
        or len(name) > 200
        or name[0] in ".-"
        or not all(letter.isalnum() or letter in "._-" for letter in name)
    ):
        raise InvalidInput(
            f"{name!r} cannot be a model's name", next_step="use letters, digits, '.', '_' and '-', at most 200"
        )
    return name


def check_alias(alias: str) -> str:
    """An alias is a short lower-case word."""
    if (
        not alias
        or len(alias) > 40
        or not all(letter.islower() or letter.isdigit() or letter in "_-" for letter in alias)
    ):
        raise InvalidInput(f"{alias!r} cannot be an alias", next_step="use a short lower-case word such as champion")
    if alias in RESERVED or alias.removeprefix("v").isdigit():
        raise InvalidInput(f"{alias!r} would be read as a version", next_step="use another word, such as night")
    return alias
