"""Models: versions, aliases and their history, promotion, rollback, predictions."""

from __future__ import annotations

import builtins
import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

from azuraforge.client.freshness import Freshness
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.model import (
    AliasChange,
    Deployment,
    GatePolicy,
    Model,
    ModelVersion,
    PictureAnswer,
    Prediction,
)
from azuraforge.client.provenance import Lineage
from azuraforge.client.scenarios import WhatIf
from azuraforge.client.shapes import json_object
from azuraforge.client.state.as_of import AsOf, moment
from azuraforge.client.uploads.files import reading, writing

#: The first prediction of a version starts a process and reads the weights.
_PREDICT_SECONDS = 120.0


ModelList: TypeAlias = list[Model]
History: TypeAlias = list[AliasChange]


class Models:
    """``client.models``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, trash: bool = False, *, limit: int | None = None) -> ModelList:
        """Return the models with their champions, by name.

        Args:
            trash: those that were deleted, instead of all others.
            limit: the first so many; None: all.
        """
        return listed(self._connection, "/models", Model, limit, trash="true" if trash else None)

    def versions(self, name: str, *, limit: int | None = None) -> builtins.list[ModelVersion]:
        """Return a model's versions, the newest first; ``limit``: the first so many, None: all."""
        return listed(self._connection, f"/models/{segment(name)}/versions", ModelVersion, limit)

    def get(self, name: str) -> Model:
        """Return a model with its newest 100 versions and those that an alias points at."""
        return Model.from_json(self._connection.get(f"/models/{segment(name)}"))

    def version(self, name: str, version: int) -> ModelVersion:
        """Return one version with its lineage."""
        return ModelVersion.from_json(self._connection.get(f"/models/{segment(name)}/versions/{version}"))

    def delete(self, name: str, version: int | None = None) -> None:
        """Move a model, or one of its versions, into the trash.

        Raises ApiError for a version that an alias points at, and if an unfinished run or a schedule needs it.
        """
        self._connection.delete(_place(name, version))

    def restore(self, name: str, version: int | None = None) -> None:
        """Take a model (by id or former name), or one of its versions, out of the trash."""
        self._connection.post(f"{_place(name, version)}/restore")

    def history(
        self, name: str, alias: str | None = None, at: datetime | None = None, *, limit: int | None = None
    ) -> History:
        """Return the moves of a model's aliases: from when (``at``) to when (``until``), and why; newest first.

        Args:
            alias: only this one's.
            at: only moves until that moment; the first line of an alias names the version that it pointed at then.
            limit: the first so many; None: all.
        """
        moment = at.isoformat() if at is not None else None
        return listed(self._connection, f"/models/{segment(name)}/history", AliasChange, limit, alias=alias, at=moment)

    def promote(self, name: str, version: int, reason: str, alias: str = "champion") -> AliasChange:
        """Move an alias to a version by hand; the reason goes into the history."""
        body = {"version": version, "reason": reason, "alias": alias}
        return AliasChange.from_json(self._connection.post(f"/models/{segment(name)}/promote", body))

    def rollback(self, name: str, reason: str | None = None, alias: str = "champion") -> AliasChange:
        """Move an alias one step back."""
        body = {"alias": alias, **({"reason": reason} if reason else {})}
        return AliasChange.from_json(self._connection.post(f"/models/{segment(name)}/rollback", body))

    def set_alias(self, name: str, alias: str, version: int, reason: str) -> AliasChange:
        """Set an alias, or move it."""
        body = {"version": version, "reason": reason}
        place = f"/models/{segment(name)}/aliases/{segment(alias)}"
        return AliasChange.from_json(self._connection.post(place, body))

    def remove_alias(self, name: str, alias: str, reason: str) -> AliasChange:
        """Remove an alias other than the champion's; the history keeps it."""
        place = f"/models/{segment(name)}/aliases/{segment(alias)}"
        return AliasChange.from_json(self._connection.request("DELETE", place, query={"reason": reason}))

    def freshness(self, name: str) -> Freshness:
        """Return the automations that keep a model fresh."""
        return Freshness.from_json(self._connection.get(f"/models/{segment(name)}/keep-fresh"))

    def keep_fresh(
        self,
        name: str,
        *,
        refresh: str = "daily",
        retrain: str = "weekly",
        notify: Sequence[str] = (),
        promote: bool | None = None,
    ) -> Freshness:
        """Keep a model fresh: refresh its dataset, forecast, judge, retrain. Asking again changes what differs.

        Args:
            refresh: ``hourly``, ``daily``, ``weekly``, ``monthly``, ``never``, or a distance such as ``6h``.
            retrain: the same; besides, it is retrained on drift and when it is worse than a baseline.
            notify: names of notification targets.
            promote: whether the gate promotes a version that passes it; None: as the model's policy says.

        Raises:
            ApiError: the model has no champion, or what the automations need does not exist.
        """
        body = {"refresh": refresh, "retrain": retrain, "notify": [*notify], "promote": promote}
        place = f"/models/{segment(name)}/keep-fresh"
        return Freshness.from_json(self._connection.post(place, body, timeout_seconds=_PREDICT_SECONDS))

    def stop_keeping_fresh(self, name: str) -> Freshness:
        """Remove the automations that keep a model fresh; runs that they queued stay."""
        return Freshness.from_json(self._connection.request("DELETE", f"/models/{segment(name)}/keep-fresh"))

    def policy(self, name: str) -> GatePolicy:
        """Return the conditions of a promotion of this model."""
        return GatePolicy.from_json(self._connection.get(f"/models/{segment(name)}/policy"))

    def policies(self, name: str, *, limit: int | None = None) -> builtins.list[GatePolicy]:
        """Return the policies that the model had, newest first, with authors and reasons."""
        return listed(self._connection, f"/models/{segment(name)}/policies", GatePolicy, limit)

    def set_policy(self, name: str, reason: str, **terms: object) -> GatePolicy:
        """Set the conditions of a promotion from now on.

        Args:
            name: the model.
            reason: why; it stays in the history.
            **terms: metric, margin, margin_kind, slices, max_latency_ms, max_bytes, automatic, unknown_slices; what is
                left out is as the platform has it.
        """
        place = f"/models/{segment(name)}/policies"
        return GatePolicy.from_json(self._connection.post(place, {**terms, "reason": reason}))

    def lineage(self, name: str) -> Lineage:
        """Return the datasets, runs, versions and predictions behind a model."""
        return Lineage.from_json(self._connection.get(f"/models/{segment(name)}/lineage"))

    def card(self, name: str, version: int, language: str = "en") -> str:
        """Return a version's card as Markdown."""
        place = f"/models/{segment(name)}/versions/{version}/card"
        return str(json_object(self._connection.get(place, language=language))["markdown"])

    def set_intended_use(self, name: str, text: str) -> None:
        """Set a model's intended use, which the card of each version shows."""
        self._connection.post(f"/models/{segment(name)}/intended-use", {"intended_use": text})

    def as_of(
        self, name: str, at: datetime | date | str, *, alias: str = "champion", series: str | None = None
    ) -> AsOf:
        """Return what was known at a past moment: champion, forecast with interval and data, with the later outcomes.

        Args:
            at: a moment, also as ISO 8601 text; without an offset in this machine's zone. A date is its first moment.
            series: of which of several series; None: that of the newest forecast by then.

        Raises ValueError for text that is no moment.
        """
        place = f"/models/{segment(name)}/as-of"
        return AsOf.from_json(self._connection.get(place, at=moment(at).isoformat(), alias=alias, series=series))

    def bundle(self, name: str, version: int, path: str | os.PathLike[str]) -> Path:
        """Download a version as one zip; the same version gives the same bytes. Raises FileUnusable."""
        target = Path(path)
        place = f"/models/{segment(name)}/versions/{version}/bundle"
        with writing(target) as file, self._connection.stream(place, {}, _PREDICT_SECONDS) as answer:
            for chunk in answer.iter_bytes():
                file.write(chunk)
        return target

    def import_bundle(self, path: str | os.PathLike[str], name: str | None = None) -> ModelVersion:
        """Add a bundle's version to a model (by default of the bundle's own name); the same bundle only once."""
        with reading(Path(path)) as content:
            answer = self._connection.request(
                "POST",
                "/models/import",
                timeout_seconds=_PREDICT_SECONDS,
                files={"file": (Path(path).name, content, "application/zip")},
                data={"name": name} if name else {},
            )
        imported = json_object(answer)
        return self.version(str(imported["model"]), int(str(imported["version"])))

    def deployments(self, name: str, *, limit: int | None = None) -> builtins.list[Deployment]:
        """Return the shadows and canaries that the model had, newest first; ``limit``: the first so many."""
        return listed(self._connection, f"/models/{segment(name)}/deployments", Deployment, limit)

    def deploy(self, name: str, version: int, mode: str, reason: str, **settings: object) -> Deployment:
        """Deploy a version next to the one that an alias points to.

        Args:
            name: the model.
            version: which one.
            mode: ``shadow`` (its answers are kept, never given) or ``canary`` (it gives a share of the answers).
            reason: why.
            **settings: alias, share_percent, error_margin, loss_margin, level.
        """
        body = {"version": version, "mode": mode, "reason": reason, **settings}
        return Deployment.from_json(self._connection.post(f"/models/{segment(name)}/deployments", body))

    def end_deployment(self, name: str, number: int, reason: str) -> Deployment:
        """End a shadow or a canary."""
        place = f"/models/{segment(name)}/deployments/{number}/end"
        return Deployment.from_json(self._connection.post(place, {"reason": reason}))

    def predict(
        self,
        name: str,
        rows: Sequence[Mapping[str, object]] | None = None,
        *,
        version: int | None = None,
        alias: str = "champion",
        horizon: int | None = None,
        request_id: str | None = None,
        series: str | None = None,
        continues: str | None = None,
        dataset_version: int | None = None,
    ) -> Prediction:
        """Return the next values.

        Args:
            rows: recent history, oldest first, with the dataset's columns; None: the end of its dataset's newest
                version, or of ``dataset_version``.
            version: None: the version that ``alias`` points at.
            horizon: rows ahead; None: all that the version can.
            series: of which, where the version learned several; rows are of that one.
            request_id: your own name for this request; its outcome can be sent by it later.
            continues: the dataset that ``rows`` continue, whose next versions judge the answer; None: only outcomes
                that are sent for this very prediction do.
            dataset_version: of its dataset, whose end the forecast continues; None: the newest.
        """
        body: dict[str, object] = {"alias": alias}
        given: dict[str, object] = {"version": version, "horizon": horizon, "request_id": request_id, "series": series}
        given |= {"continues": continues, "dataset_version": dataset_version}
        given["rows"] = None if rows is None else [dict(row) for row in rows]
        body.update({key: value for key, value in given.items() if value is not None})
        place = f"/models/{segment(name)}/predict"
        return Prediction.from_json(self._connection.post(place, body, timeout_seconds=_PREDICT_SECONDS))

    def what_if(
        self,
        name: str,
        scenarios: Mapping[str, Sequence[Mapping[str, object]]],
        rows: Sequence[Mapping[str, object]] | None = None,
        *,
        version: int | None = None,
        alias: str = "champion",
        horizon: int | None = None,
        series: str | None = None,
        known_ahead: Mapping[str, Sequence[float]] | None = None,
        dataset_version: int | None = None,
    ) -> WhatIf:
        """Return the next values under changed columns known ahead, next to the base; nothing enters the ledger.

        Args:
            scenarios: by name, changes such as ``{"column": "price", "multiply": 0.9}``; instead of ``multiply`` also
                ``add``, or ``values`` with one for each row to predict.
            rows, version, horizon, series, dataset_version: as for ``predict``.
            known_ahead: by column, values at the rows to predict, for the base too; None: those of the rows.

        Raises ApiError for an unknown column, one that is not known ahead, or the wrong number of values.
        """
        listed_scenarios = [
            {"name": each, "changes": [dict(change) for change in changes]} for each, changes in scenarios.items()
        ]
        body: dict[str, object] = {"alias": alias, "scenarios": listed_scenarios}
        given: dict[str, object] = {"version": version, "horizon": horizon, "series": series}
        given["dataset_version"] = dataset_version
        given["rows"] = None if rows is None else [dict(row) for row in rows]
        given["known_ahead"] = None if known_ahead is None else {each: [*known_ahead[each]] for each in known_ahead}
        body.update({key: value for key, value in given.items() if value is not None})
        place = f"/models/{segment(name)}/what-if"
        return WhatIf.from_json(self._connection.post(place, body, timeout_seconds=_PREDICT_SECONDS))

    def predict_image(
        self,
        name: str,
        image: str | os.PathLike[str] | bytes,
        *,
        version: int | None = None,
        alias: str = "champion",
        request_id: str | None = None,
    ) -> PictureAnswer:
        """Return the classes of a picture by a version.

        Args:
            image: a PNG, JPEG, WebP, BMP, GIF or TIFF file, or its bytes; at most 10 MiB.
            version: None: the version that ``alias`` points at.
            request_id: your own name for this request; the right class can be sent by it later.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: it is no picture, or the version predicts a series.
        """
        content, filename = (image, "image") if isinstance(image, bytes) else _file(Path(image))
        answer = self._connection.request(
            "POST",
            f"/models/{segment(name)}/predict-image",
            query={"version": version, "alias": alias, "request_id": request_id},
            files={"image": (filename, content, "application/octet-stream")},
            timeout_seconds=_PREDICT_SECONDS,
        )
        return PictureAnswer.from_json(answer)


def _file(path: Path) -> tuple[bytes, str]:
    with reading(path) as content:
        return content.read(), path.name


def _place(name: str, version: int | None) -> str:
    whole = f"/models/{segment(name)}"
    return whole if version is None else f"{whole}/versions/{version}"
