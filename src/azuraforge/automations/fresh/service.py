"""Service for keeping a model fresh: automations that are set up, shown and removed together."""

from __future__ import annotations

from pydantic import JsonValue

from azuraforge.automations.fresh.plan import NEVER, ROLES, Subject, cadence_of, label_of, name_of, plan
from azuraforge.automations.fresh.schemas import KeepFreshOut, KeepFreshRequest, KeptAutomation, Role
from azuraforge.automations.triggers.definition import NotifyStep, OnSchedule, RunStep, RunTemplate
from azuraforge.automations.triggers.schemas import AutomationOut
from azuraforge.automations.triggers.service import AutomationService
from azuraforge.database import Database, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.versions import DatasetVersion
from azuraforge.errors import Conflict, NotFound, UserError
from azuraforge.models.predictions.schemas import Standing
from azuraforge.models.predictions.standing import Standings
from azuraforge.models.reads import LearnedVersion, required_champion
from azuraforge.models.schemas import PolicyRequest
from azuraforge.models.service import ModelService
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.service import RunService

_REASONS = {True: "keep fresh: the gate promotes what passes it", False: "keep fresh: a person promotes"}


class FreshService:
    """Service for keeping models fresh; each method takes the id of the project."""

    def __init__(
        self,
        database: Database,
        automations: AutomationService,
        models: ModelService,
        standings: Standings,
        datasets: DatasetService,
        runs: RunService,
    ) -> None:
        self._database = database
        self._automations = automations
        self._models = models
        self._standings = standings
        self._datasets = datasets
        self._runs = runs

    def keep(
        self,
        project_id: str,
        model: str,
        request: KeepFreshRequest,
        person_id: str | None,
        person_name: str,
        *,
        unit: UnitOfWork | None = None,
    ) -> KeepFreshOut:
        """Set up or update the automations that keep a model fresh. A repeated request changes nothing.

        Raises NotFound if the model does not exist, Conflict if it has no champion or its dataset is not stored, and
        the errors of ``AutomationService.create``. After these errors, nothing is set up.
        """
        champion = self._champion(project_id, model)
        dataset = self._dataset(project_id, champion)
        if dataset is None:
            raise Conflict(
                "the champion of {model!r} was not trained on a dataset that is stored on this platform",
                where="model {model}",
                next_step="train the model on a dataset first: azuraforge runs start --model {model} --dataset NAME",
                model=model,
            )
        subject = self._subject(project_id, model, champion, dataset)
        wanted = plan(subject, request)
        self._automations.set_up(project_id, _names(subject.label), wanted, person_id, unit=unit)
        if request.promote is not None:
            self._set_policy(project_id, model, request.promote, person_name)
        return self.show(project_id, model)

    def stop(self, project_id: str, model: str, *, unit: UnitOfWork | None = None) -> KeepFreshOut:
        """Remove the automations that keep a model fresh; the runs that they queued are kept.

        Raises NotFound if the model does not exist, and Conflict if it has no champion; nothing is removed then.
        """
        try:
            label = label_of(model, self._champion(project_id, model).model_id)
        except Conflict as error:
            raise error.with_next_step(
                "promote a version of {model!r} first, or delete the automations one by one: azuraforge automations "
                "delete NAME",
                model=model,
            ) from None
        self._automations.set_up(project_id, _names(label), [], unit=unit)
        return self.show(project_id, model)

    def show(self, project_id: str, model: str) -> KeepFreshOut:
        """Return the automations that keep a model fresh, or would be set up, and the model's current state.

        Raises NotFound if the model does not exist, Conflict if it has no champion.
        """
        champion = self._champion(project_id, model)
        policy = self._models.policies.show(project_id, model)
        dataset = self._dataset(project_id, champion)
        label = label_of(model, champion.model_id)
        kept = self._kept(project_id, label)
        training = _training(kept)
        wanted = None if dataset is None else self._subject(project_id, model, champion, dataset)
        plugin = training.plugin if training is not None and training.plugin else self._trained(project_id, champion)[0]
        return KeepFreshOut(
            model=model,
            kept=bool(kept),
            dataset=dataset.name if dataset is not None else None,
            arrives="by_refresh" if wanted is not None and wanted.can_refresh else "by_append",
            forecasts=wanted is not None and wanted.can_forecast,
            plugin=plugin,
            refresh=_cadence(kept, "refresh", "daily"),
            retrain=_cadence(kept, "retrain_regularly", "weekly"),
            notify=_targets(kept),
            promotes=policy.automatic,
            approvals=policy.approvals,
            outdated=training is not None and wanted is not None and training != wanted.training,
            automations=[_kept_automation(role, each) for role, each in kept.items()],
            standing=self._standing(project_id, model),
        )

    def _champion(self, project_id: str, model: str) -> LearnedVersion:
        with self._database.read(project_id) as session:
            return required_champion(session, model)

    def _dataset(self, project_id: str, champion: LearnedVersion) -> DatasetVersion | None:
        if champion.dataset_id is None:
            return None
        try:
            return self._datasets.get(project_id, champion.dataset_id)
        except NotFound:
            return None

    def _subject(self, project_id: str, model: str, champion: LearnedVersion, dataset: DatasetVersion) -> Subject:
        plugin, config = self._trained(project_id, champion)
        label = label_of(model, champion.model_id)
        name = f"keep-fresh:{label}"
        training = RunTemplate(plugin=plugin, dataset=dataset.name, model=model, config=config, name=name)
        return Subject(
            model=model,
            label=label,
            dataset=dataset.name,
            training=training,
            can_refresh=self._can_refresh(project_id, dataset),
            can_forecast=dataset.end_at is not None and dataset.schema.time is not None,
        )

    def _trained(self, project_id: str, champion: LearnedVersion) -> tuple[str, dict[str, JsonValue]]:
        """Return the pipeline and config of the run that produced the champion.

        If a baseline won that run, the run's own pipeline is therefore trained again and challenges the baseline. If
        the run no longer exists, return the pipeline and config of the champion itself.
        """
        try:
            run = self._runs.get(project_id, champion.run_id) if champion.run_id else None
        except NotFound:
            run = None
        if run is None or run.kind != "train" or run.plugin is None:
            return champion.plugin, dict(champion.config)
        return run.plugin, dict(run.config)

    def _can_refresh(self, project_id: str, dataset: DatasetVersion) -> bool:
        try:
            self._runs.prepare(project_id, RunRequest(kind="refresh", dataset=dataset.id))
        except UserError:
            return False
        return True

    def _kept(self, project_id: str, label: str) -> dict[Role, AutomationOut]:
        found: dict[Role, AutomationOut] = {}
        for role in ROLES:
            try:
                found[role] = self._automations.get(project_id, name_of(label, role))
            except NotFound:
                continue
        return found

    def _set_policy(self, project_id: str, model: str, automatic: bool, by: str) -> None:
        now = self._models.policies.show(project_id, model)
        if now.automatic == automatic:
            return
        terms = {name: getattr(now, name) for name in PolicyRequest.model_fields if hasattr(now, name)}
        request = PolicyRequest.model_validate({**terms, "automatic": automatic, "reason": _REASONS[automatic]})
        self._models.policies.set(project_id, model, request, by, may_lower=False)

    def _standing(self, project_id: str, model: str) -> Standing | None:
        found = self._standings.read(project_id, model)
        return found if found.baselines else None


def _names(label: str) -> list[str]:
    return [name_of(label, role) for role in ROLES]


def _training(kept: dict[Role, AutomationOut]) -> RunTemplate | None:
    for each in kept.values():
        for step in each.steps:
            if isinstance(step, RunStep) and step.do == "train":
                return step.run
    return None


def _targets(kept: dict[Role, AutomationOut]) -> list[str]:
    for each in kept.values():
        for step in each.steps:
            if isinstance(step, NotifyStep):
                return list(step.to)
    return []


def _cadence(kept: dict[Role, AutomationOut], role: Role, default: str) -> str:
    if not kept:
        return default
    when = kept[role].when if role in kept else None
    return cadence_of(when) if isinstance(when, OnSchedule) else NEVER


def _kept_automation(role: Role, found: AutomationOut) -> KeptAutomation:
    newest = found.newest_firings[0] if found.newest_firings else None
    fields = {name: getattr(found, name) for name in KeptAutomation.model_fields if hasattr(found, name)}
    return KeptAutomation(**fields, role=role, last_state=newest.state if newest is not None else None)
