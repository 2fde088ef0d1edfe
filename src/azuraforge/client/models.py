"""Client for models: versions, aliases and their history, promotion, deployments and predictions."""

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
    ImageAnswer,
    Model,
    ModelVersion,
    Prediction,
    Promotion,
    RollbackTarget,
)
from azuraforge.client.provenance import Lineage
from azuraforge.client.scenarios import WhatIf
from azuraforge.client.shapes import json_object
from azuraforge.client.state.as_of import AsOf, moment
from azuraforge.client.uploads.files import reading, writing

#: Timeout of predictions. The first one of a version starts a process and loads the weights.
_PREDICT_SECONDS = 120.0


ModelList: TypeAlias = list[Model]
History: TypeAlias = list[AliasChange]


class Models:
    """Methods of ``client.models``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, trash: bool = False, *, live: bool = False, limit: int | None = None) -> ModelList:
        """Return the models with their champions, sorted by name.

        Args:
            trash: return the deleted models instead of the others.
            live: include live scores, drift and promotions that wait, as ``Model.live``.
            limit: maximum number of models; None: all.
        """
        said = "true" if live else None
        return listed(self._connection, "/models", Model, limit, trash="true" if trash else None, live=said)

    def versions(self, name: str, *, limit: int | None = None) -> builtins.list[ModelVersion]:
        """Return the versions of a model, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, f"/models/{segment(name)}/versions", ModelVersion, limit)

    def get(self, name: str) -> Model:
        """Return a model with its newest 100 versions and all versions that aliases point to."""
        return Model.from_json(self._connection.get(f"/models/{segment(name)}"))

    def version(self, name: str, version: int) -> ModelVersion:
        """Return one version with its lineage."""
        return ModelVersion.from_json(self._connection.get(f"/models/{segment(name)}/versions/{version}"))

    def delete(self, name: str, version: int | None = None) -> None:
        """Move a model, or one of its versions, to the trash.

        Raises ApiError if an alias points to the version, or if an unfinished run or a schedule needs it.
        """
        self._connection.delete(_place(name, version))

    def restore(self, name: str, version: int | None = None) -> None:
        """Restore a model (by id or former name), or one of its versions, from the trash."""
        self._connection.post(f"{_place(name, version)}/restore")

    def history(
        self, name: str, alias: str | None = None, at: datetime | None = None, *, limit: int | None = None
    ) -> History:
        """Return the changes of a model's aliases with their periods (``at`` to ``until``) and reasons, newest first.

        Args:
            alias: only changes of this alias; None: of all aliases.
            at: only changes up to this time; the newest change of an alias then contains its version at this time.
            limit: maximum number of changes; None: all.
        """
        moment = at.isoformat() if at is not None else None
        return listed(self._connection, f"/models/{segment(name)}/history", AliasChange, limit, alias=alias, at=moment)

    def promote(self, name: str, version: int, reason: str, alias: str = "champion") -> AliasChange:
        """Move an alias to a version manually; the reason is recorded in the history.

        If the model's policy requires approval, the promotion waits for it, and ``waits`` of the result is true.
        """
        body = {"version": version, "reason": reason, "alias": alias}
        return AliasChange.from_json(self._connection.post(f"/models/{segment(name)}/promote", body))

    def promotions(self, name: str, *, waiting: bool = False, limit: int | None = None) -> builtins.list[Promotion]:
        """Return the promotions of a model that needed approval, newest first; only open ones if ``waiting``."""
        place = f"/models/{segment(name)}/promotions"
        return listed(self._connection, place, Promotion, limit, waiting="true" if waiting else None)

    def approve(self, name: str, number: int, reason: str | None = None) -> AliasChange:
        """Approve a waiting promotion; the last approval that it needs moves its alias (the action is "promote").

        Raises ApiError if this client's person asked for it, started its run or has approved it, or if it is no longer
        valid.
        """
        return self._decide(name, number, "approve", reason)

    def decline(self, name: str, number: int, reason: str | None = None) -> AliasChange:
        """Decline a waiting promotion; the alias stays where it is."""
        return self._decide(name, number, "decline", reason)

    def _decide(self, name: str, number: int, how: str, reason: str | None) -> AliasChange:
        place = f"/models/{segment(name)}/promotions/{number}/{how}"
        return AliasChange.from_json(self._connection.post(place, {"reason": reason} if reason else {}))

    def rollback_target(self, name: str, alias: str = "champion") -> RollbackTarget:
        """Return the version to which ``rollback`` would move an alias."""
        return RollbackTarget.from_json(self._connection.get(f"/models/{segment(name)}/rollback", alias=alias))

    def rollback(
        self, name: str, reason: str | None = None, alias: str = "champion", *, from_version: int | None = None
    ) -> AliasChange:
        """Move an alias back to its previous version; ``reason`` (None: a standard text) is recorded in the history.

        If the alias does not point to ``from_version`` any more, nothing is changed; None: do not check.
        """
        body = {"alias": alias, "from_version": from_version, **({"reason": reason} if reason else {})}
        return AliasChange.from_json(self._connection.post(f"/models/{segment(name)}/rollback", body))

    def set_alias(self, name: str, alias: str, version: int, reason: str) -> AliasChange:
        """Point an alias to a version; create the alias if it does not exist. ``reason`` is recorded in the history."""
        body = {"version": version, "reason": reason}
        place = f"/models/{segment(name)}/aliases/{segment(alias)}"
        return AliasChange.from_json(self._connection.post(place, body))

    def remove_alias(self, name: str, alias: str, reason: str) -> AliasChange:
        """Remove an alias other than ``champion``. Its history is kept."""
        place = f"/models/{segment(name)}/aliases/{segment(alias)}"
        return AliasChange.from_json(self._connection.request("DELETE", place, query={"reason": reason}))

    def freshness(self, name: str) -> Freshness:
        """Return the automations that keep a model fresh, or the settings they would have."""
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
        """Create or change the automations that keep a model fresh: refresh its dataset, forecast, judge and retrain.

        Args:
            refresh: how often the dataset is refreshed: ``hourly``, ``daily``, ``weekly``, ``monthly``, ``never``, or
                an interval such as ``6h``.
            retrain: how often the model is retrained, in addition to drift and to being worse than a baseline.
            notify: names of notification targets.
            promote: whether the gate promotes a version that passes it; None: as in the model's policy.

        Raises:
            ApiError: the model has no champion, or a notification target does not exist.
        """
        body = {"refresh": refresh, "retrain": retrain, "notify": [*notify], "promote": promote}
        place = f"/models/{segment(name)}/keep-fresh"
        return Freshness.from_json(self._connection.post(place, body, timeout_seconds=_PREDICT_SECONDS))

    def stop_keeping_fresh(self, name: str) -> Freshness:
        """Delete the automations that keep a model fresh. The runs that they queued are kept."""
        return Freshness.from_json(self._connection.request("DELETE", f"/models/{segment(name)}/keep-fresh"))

    def policy(self, name: str) -> GatePolicy:
        """Return the current policy for promotions of a model."""
        return GatePolicy.from_json(self._connection.get(f"/models/{segment(name)}/policy"))

    def policies(self, name: str, *, limit: int | None = None) -> builtins.list[GatePolicy]:
        """Return the policies of a model, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, f"/models/{segment(name)}/policies", GatePolicy, limit)

    def set_policy(self, name: str, reason: str, **terms: object) -> GatePolicy:
        """Set the policy for future promotions of a model.

        Args:
            name: name of the model.
            reason: reason to record in the history.
            **terms: metric, margin, margin_kind, slices, max_latency_ms, max_bytes, automatic, approvals,
                unknown_slices; omitted terms have the platform's defaults.
        """
        place = f"/models/{segment(name)}/policies"
        return GatePolicy.from_json(self._connection.post(place, {**terms, "reason": reason}))

    def lineage(self, name: str) -> Lineage:
        """Return the graph of datasets, runs, versions and predictions of a model."""
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
        """Return the champion, the data and the newest forecast at a past time, with the outcomes known since.

        Args:
            at: the time, also as ISO 8601 text; without an offset, the local time zone applies. A date means 00:00.
            alias: alias whose version is shown instead of the champion.
            series: the series to show; None: that of the newest forecast at the time.

        Raises InvalidArgument (a ValueError) if ``at`` is a text in another form or out of range.
        """
        place = f"/models/{segment(name)}/as-of"
        return AsOf.from_json(self._connection.get(place, at=moment(at).isoformat(), alias=alias, series=series))

    def bundle(self, name: str, version: int, path: str | os.PathLike[str]) -> Path:
        """Download a version as one zip file with reproducible bytes, and return its path.

        Raises FileUnusable if the file cannot be written.
        """
        target = Path(path)
        place = f"/models/{segment(name)}/versions/{version}/bundle"
        with writing(target) as file, self._connection.stream(place, {}, _PREDICT_SECONDS) as answer:
            for chunk in answer.iter_bytes():
                file.write(chunk)
        return target

    def import_bundle(self, path: str | os.PathLike[str], name: str | None = None) -> ModelVersion:
        """Upload a bundle, and return the version that it adds to the model ``name`` (None: the name in the bundle).

        A bundle that was imported before adds no second version. Raises FileUnusable if the file cannot be read.
        """
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
        """Return all shadows and canaries of a model, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, f"/models/{segment(name)}/deployments", Deployment, limit)

    def deploy(self, name: str, version: int, mode: str, reason: str, **settings: object) -> Deployment:
        """Deploy a version alongside an alias.

        Args:
            name: name of the model.
            version: number of the version.
            mode: ``shadow`` (its predictions are recorded but not returned) or ``canary`` (it answers a share of the
                requests).
            reason: reason to record in the history.
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
        """Return a forecast of the next values, which is recorded in the ledger.

        Args:
            rows: recent history, oldest first, with the dataset's columns; None: the last rows of ``dataset_version``.
            version: number of the version; None: the version that ``alias`` points to.
            horizon: number of rows to predict; None: the version's whole horizon.
            series: the series to predict, and the series of ``rows``, if the version was trained on several.
            request_id: the caller's id for this request, with which outcomes can be sent later.
            continues: dataset that ``rows`` continue; rows of its later versions are the outcomes of the prediction.
                None: only outcomes sent for this prediction count.
            dataset_version: version of the model's dataset after which the forecast begins; None: the newest.
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
        """Return forecasts under changed values of columns known ahead, next to the base forecast.

        The forecasts are not recorded in the ledger.

        Args:
            scenarios: name → changes such as ``{"column": "price", "multiply": 0.9}``; instead of ``multiply`` also
                ``add``, or ``values`` with one value per row to predict.
            rows, version, alias, horizon, series, dataset_version: as for ``predict``.
            known_ahead: column → values at the rows to predict, also used for the base; None: the values in ``rows``.

        Raises ApiError if a column is unknown or not known ahead, or if the number of values is wrong.
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
    ) -> ImageAnswer:
        """Return the classes that a version predicts for an image.

        Args:
            image: a PNG, JPEG, WebP, BMP, GIF or TIFF file, or its bytes; at most 10 MiB.
            version: number of the version; None: the version that ``alias`` points to.
            request_id: the caller's id for this request, with which the actual class can be sent later.

        Raises:
            FileUnusable: the file does not exist or cannot be read.
            ApiError: the file is not an image, or the version forecasts a series.
        """
        content, filename = (image, "image") if isinstance(image, bytes) else _file(Path(image))
        answer = self._connection.request(
            "POST",
            f"/models/{segment(name)}/predict-image",
            query={"version": version, "alias": alias, "request_id": request_id},
            files={"image": (filename, content, "application/octet-stream")},
            timeout_seconds=_PREDICT_SECONDS,
        )
        return ImageAnswer.from_json(answer)


def _file(path: Path) -> tuple[bytes, str]:
    with reading(path) as content:
        return content.read(), path.name


def _place(name: str, version: int | None) -> str:
    whole = f"/models/{segment(name)}"
    return whole if version is None else f"{whole}/versions/{version}"
