"""Registration of versions and evaluations, always inside the caller's transaction.

The transaction is usually the one that ends a training run, so that the state "succeeded", the new version and the
moved alias are committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from azuraforge.database import Session
from azuraforge.errors import TransientError
from azuraforge.events.service import EventLog
from azuraforge.models import store
from azuraforge.models.events import VersionRegistered
from azuraforge.models.gate.record import VerdictRecord
from azuraforge.models.provenance import ImportRecord, LearnedRows
from azuraforge.models.registry.folder import Imported, VersionFolders
from azuraforge.models.registry.held_out import HeldOut, HeldOutUses
from azuraforge.models.registry.names import check_name
from azuraforge.models.tables import Evaluation, ModelVersion
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.evaluation import Evaluation as EvaluationShape
from azuraforge.projects.keeping import hold


class Registry:
    """Registry of versions and evaluations, which can only be added."""

    def __init__(self, events: EventLog, folders: VersionFolders, uses: HeldOutUses) -> None:
        self._events = events
        self._folders = folders
        self._uses = uses

    def import_folder(self, project_id: str, folder: Path, card: Mapping[str, JsonValue] | None = None) -> Imported:
        """Copy a predictor's folder into the store, before the transaction; see ``VersionFolders.import_folder``."""
        return self._folders.import_folder(project_id, folder, card)

    def register_version(
        self,
        session: Session,
        model: str,
        imported: Imported,
        *,
        kind: str,
        plugin: str,
        plugin_version: str | None,
        config: Mapping[str, JsonValue],
        schema: DatasetSchema,
        run_id: str,
        dataset_id: str | None,
        dataset_version: int | None,
        dataset_fingerprint: str | None,
        learned_from: LearnedRows,
        code_version: str,
        seed: int,
        parent_version: int | None = None,
        metrics: Mapping[str, float | None] | None = None,
        weights_sha256: str | None = None,
        origin: ImportRecord | None = None,
    ) -> ModelVersion:
        """Add the next version of ``model``, which is created if it does not exist, and return it.

        ``learned_from`` states the training and validation rows that the weights learned from, ``parent_version`` the
        champion at the evaluation, and ``origin`` where an imported version was trained. Raises InvalidInput if
        ``model`` is not a valid name, and TransientError if the folder was deleted after its import.
        """
        owner = store.ensure_model(session, check_name(model))
        hold(session)
        if not self._folders.path(session.project_id, imported.content_hash).is_dir():
            raise TransientError(
                "the files of the new version of model {model!r} were deleted before it was registered",
                next_step="import the bundle again",
                model=model,
            )
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
            schema=schema,
            run_id=run_id,
            dataset_id=dataset_id,
            dataset_version=dataset_version,
            dataset_fingerprint=dataset_fingerprint,
            learned_from=learned_from,
            code_version=code_version,
            seed=seed,
            parent_version=parent_version,
            metrics=dict(metrics) if metrics is not None else None,
            imported=origin,
        )
        session.refresh(row)
        body = VersionRegistered(model=model, version=row.version, run_id=run_id)
        self._events.append(session, "project", body)
        return row

    def store_evaluation(
        self,
        session: Session,
        run_id: str,
        model: str,
        version: int | None,
        *,
        evaluation: EvaluationShape,
        verdict: VerdictRecord,
        held_out: HeldOut,
        losses_artifact: str | None = None,
    ) -> Evaluation:
        """Store an evaluation with its verdict, whether or not the candidate passed, and return it.

        The use of the test set counts from now on unless it was reserved before. Raises InvalidInput if ``model`` is
        not a valid name.
        """
        owner = store.ensure_model(session, check_name(model))
        self._uses.reserve(session, run_id, 1, held_out)
        return store.add_evaluation(
            session,
            project_id=session.project_id,
            run_id=run_id,
            model_id=owner.id,
            version=version,
            dataset_id=held_out.dataset_id,
            target=held_out.target,
            test_start_at=held_out.start_at,
            test_end_at=held_out.end_at,
            evaluation=evaluation,
            verdict=verdict,
            losses_artifact=losses_artifact,
        )
