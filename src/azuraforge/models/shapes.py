"""Conversion of rows into API shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from azuraforge.models import promotion_schemas, schemas
from azuraforge.models.gate.policy import GatePolicy
from azuraforge.models.gate.record import Sentences, VerdictRecord
from azuraforge.models.lookup_store import AliasRow, DetailRow, ModelRow, SchemaRow, VersionRow
from azuraforge.models.promotion_tables import ModelPromotion, PromotionApproval
from azuraforge.models.provenance import ImportedFrom, ImportRecord
from azuraforge.models.tables import AliasChange, Evaluation, ModelAlias, ModelPolicy, ModelVersion, Prediction

#: Number of versions that a model's page shows, in addition to those that an alias points to.
SHOWN_VERSIONS = 100


def model_out(
    owner: ModelRow | DetailRow, newest: SchemaRow | VersionRow | None, champion: int | None, versions: int
) -> schemas.ModelOut:
    """Return the API shape of a model.

    ``newest`` is its newest version, ``champion`` the number of its champion, and ``versions`` the number of its
    versions.
    """
    return schemas.ModelOut(
        id=owner.id,
        name=owner.name,
        target=newest.schema.target if newest is not None else "",
        unit=newest.schema.unit if newest is not None else "",
        kind=newest.kind if newest is not None else None,
        champion=champion,
        versions=versions,
        created_at=owner.created_at,
        deleted_at=owner.deleted_at,
        deleted_by=owner.deleted_by,
    )


def names_by_version(aliases: Iterable[ModelAlias | AliasRow]) -> dict[int, list[str]]:
    """Return the aliases by version; versions without aliases are absent."""
    names: dict[int, list[str]] = {}
    for pointer in aliases:
        names.setdefault(pointer.version, []).append(pointer.alias)
    return names


def model_detail(
    outline: schemas.ModelOut, rows: Iterable[ModelVersion | VersionRow], names: Mapping[int, list[str]]
) -> schemas.ModelDetail:
    """Return a model with its newest versions and the versions that aliases point to, newest first."""
    by_number = {row.version: row for row in rows}
    shown = sorted(by_number, reverse=True)
    kept = [number for index, number in enumerate(shown) if index < SHOWN_VERSIONS or number in names]
    listed = [version_out(outline.name, by_number[number], names.get(number, [])) for number in kept]
    return schemas.ModelDetail(**vars(outline), version_list=listed)


def version_out(model: str, row: ModelVersion | VersionRow, aliases: list[str]) -> schemas.VersionOut:
    return schemas.VersionOut(
        model=model,
        version=row.version,
        content_hash=row.content_hash,
        weights_sha256=row.weights_sha256,
        bytes=row.bytes,
        kind=row.kind,
        plugin=row.plugin,
        plugin_version=row.plugin_version,
        config=row.config,
        data_schema=row.schema,
        aliases=aliases,
        run_id=row.run_id or None,
        dataset_id=row.dataset_id,
        dataset_version=row.dataset_version,
        dataset_fingerprint=row.dataset_fingerprint,
        learned_from=row.learned_from,
        code_version=row.code_version,
        seed=row.seed,
        parent_version=row.parent_version,
        metrics=row.metrics,
        imported=shown_origin(row.imported),
        created_at=row.created_at,
        deleted_at=row.deleted_at,
        deleted_by=row.deleted_by,
    )


def shown_origin(imported: ImportRecord | None) -> ImportedFrom | None:
    """Return the origin of an imported version without its evaluation, which the card shows; None if trained here."""
    return None if imported is None else ImportedFrom(**imported.model_dump(exclude={"evaluated"}))


def change_out(
    line: AliasChange, until: datetime | None = None, verdict: VerdictRecord | None = None
) -> schemas.AliasChange:
    """Return the API shape of an alias move.

    ``until`` is the time of the alias's next move. A move by the gate includes the reasons of ``verdict`` in both
    languages.
    """
    return schemas.AliasChange(
        alias=line.alias,
        version=None if line.action == "remove" else line.version,
        previous_version=line.previous_version,
        action=line.action,
        reason=line.reason,
        said=_sentences(verdict),
        by=line.by,
        run_id=line.run_id,
        at=line.at,
        until=until,
    )


def promotion_out(
    row: ModelPromotion,
    model: str,
    given: Sequence[PromotionApproval],
    verdict: VerdictRecord | None,
    *,
    needed: int,
    may_approve: bool,
) -> promotion_schemas.PromotionOut:
    """Return the API shape of a promotion; ``verdict`` is the gate's, or None if a person asked for it."""
    return promotion_schemas.PromotionOut(
        model=model,
        number=row.number,
        alias=row.alias,
        version=row.version,
        previous_version=row.previous_version,
        reason=row.reason,
        said=_sentences(verdict),
        by=row.by,
        run_id=row.run_id,
        at=row.at,
        state=row.state,
        needed=needed,
        approvals=[promotion_schemas.ApprovalOut(by=each.by, reason=each.reason, at=each.at) for each in given],
        decided_by=row.decided_by,
        decided_reason=row.decided_reason,
        decided_at=row.decided_at,
        may_approve=may_approve,
    )


def asked_out(row: ModelPromotion, verdict: VerdictRecord | None = None) -> schemas.AliasChange:
    """Return the entry of the history that a promotion waits for approval."""
    return _entry(row, "wait", row.by, row.reason, row.at, _sentences(verdict))


def approved_out(row: ModelPromotion, given: PromotionApproval) -> schemas.AliasChange:
    """Return the entry of the history that a member approved a promotion that needs more approvals."""
    return _entry(row, "approve", given.by, given.reason, given.at, None)


def refused_out(row: ModelPromotion) -> schemas.AliasChange:
    """Return the entry of the history that a promotion was declined or replaced."""
    assert row.decided_at is not None
    assert row.decided_by is not None
    action = "decline" if row.state == "declined" else "replace"
    return _entry(row, action, row.decided_by, row.decided_reason or "", row.decided_at, None)


def _entry(
    row: ModelPromotion, action: str, by: str, reason: str, at: datetime, said: Sentences | None
) -> schemas.AliasChange:
    return schemas.AliasChange(
        alias=row.alias,
        version=row.version,
        previous_version=row.previous_version,
        action=action,
        reason=reason,
        said=said,
        by=by,
        run_id=row.run_id,
        at=at,
        until=at,
    )


def _sentences(verdict: VerdictRecord | None) -> Sentences | None:
    return Sentences(en=verdict.text("en"), tr=verdict.text("tr")) if verdict is not None and verdict.reasons else None


def policy_out(row: ModelPolicy | None) -> schemas.PolicyOut:
    """Return the API shape of a stored policy, or of the platform's default policy if ``row`` is None."""
    terms = gate_policy(row).model_dump()
    if row is None:
        return schemas.PolicyOut(**terms, reason=None, by=None, at=None)
    return schemas.PolicyOut(**terms, reason=row.reason, by=row.by, at=row.at)


def gate_policy(row: ModelPolicy | None) -> GatePolicy:
    """Return a stored policy with its number, or the platform's default policy if ``row`` is None."""
    return GatePolicy() if row is None else GatePolicy(**row.policy.model_dump(), number=row.number)


def evaluation_out(row: Evaluation, model: str) -> schemas.EvaluationOut:
    return schemas.EvaluationOut(
        run_id=row.run_id,
        model=model,
        version=row.version,
        evaluation=row.evaluation,
        verdict=row.verdict,
        losses_artifact=row.losses_artifact,
        created_at=row.created_at,
    )


def prediction_out(model: str, line: Prediction) -> schemas.PredictionOut:
    return schemas.PredictionOut(
        prediction_id=line.id,
        model=model,
        version=line.version,
        alias=line.alias,
        by=line.by,
        inputs=line.inputs,
        target=line.target,
        unit=line.unit,
        interval=line.interval,
        origin=line.origin_at,
        matures_at=line.matures_at,
        predictions=list(line.points),
        outcome=line.outcome,
        judged_at=line.judged_at,
        created_at=line.created_at,
        request_id=line.request_id,
        latency_seconds=line.latency_seconds,
        naive=line.naive,
        continues=line.continues,
    )
