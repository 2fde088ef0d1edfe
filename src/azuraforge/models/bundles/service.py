"""Export of versions as bundles, and their import into other projects."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import orjson

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.messages import LANGUAGES, Message, keyed
from azuraforge.models import store, trash_store
from azuraforge.models.bundles.archive import DESCRIPTION, FOLDER, FORMAT, Opened, read_bundle, write_bundle
from azuraforge.models.bundles.description import Description, Version, refused, to_json
from azuraforge.models.bundles.messages import TrialFacts
from azuraforge.models.cards.card import Evaluated
from azuraforge.models.cards.service import Cards, evaluated_of, known_version
from azuraforge.models.provenance import ImportRecord, LearnedRows
from azuraforge.models.registry.folder import MANIFEST, Imported, VersionFolders
from azuraforge.models.registry.names import check_name
from azuraforge.models.registry.policy_store import TaskKinds
from azuraforge.models.registry.registry import Registry
from azuraforge.models.tables import Model, ModelVersion
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.task_kind import Serving
from azuraforge.projects.keeping import hold
from azuraforge.projects.quotas.service import ChecksQuota, no_quotas

#: Maximum size in bytes of an exported bundle that stays in memory.
_IN_MEMORY = 1 << 25
_FIELDS = (
    *("kind", "plugin", "plugin_version", "config", "schema", "content_hash", "weights_sha256", "bytes"),
    *("dataset_fingerprint", "learned_from", "code_version", "seed", "metrics"),
)
#: Ways of serving versions for which the README has an example.
_EXAMPLES: tuple[Serving, ...] = ("series", "image")


class Bundles:
    """Service that exports and imports bundles; each method takes the project's id.

    Args:
        call_trial: function that runs ``bundles.trial`` in a child process.
        free: function that deletes the folder of a version, given by project id and content hash, unless a row refers
            to it.
        check_quota: function that raises QuotaExceeded if an imported version does not fit into the project's quota.
    """

    def __init__(
        self,
        database: Database,
        folders: VersionFolders,
        datasets: DatasetService,
        cards: Cards,
        registry: Registry,
        task_kinds: TaskKinds,
        *,
        call_trial: Callable[[TrialFacts], object],
        free: Callable[[str, str], object],
        check_quota: ChecksQuota = no_quotas,
    ) -> None:
        self._check_quota = check_quota
        self._database = database
        self._call_trial = call_trial
        self._free = free
        self._folders = folders
        self._datasets = datasets
        self._cards = cards
        self._registry = registry
        self._task_kinds = task_kinds

    def write(self, project_id: str, name: str, number: int) -> IO[bytes]:
        """Return a version as an open zip file, which is deleted when it is closed.

        Raises NotFound if the version does not exist, and StorageError if its files do not match their hashes.
        """
        with self._database.read(project_id) as session:
            owner, row = known_version(session, name, number)
            evaluated = evaluated_of(session, row)
        folder = self._folders.verify(project_id, row.content_hash)
        made: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the caller closes it
        try:
            write_bundle(made, folder, self._texts(owner, row, evaluated, folder))
        except BaseException:
            made.close()
            raise
        made.seek(0)
        return made

    def bring_in(
        self, project_id: str, path: Path, name: str | None, by: str, *, unit: UnitOfWork | None = None
    ) -> tuple[str, int, bool]:
        """Import a bundle's version into a model; return the model's name, the version's number and whether it is new.

        Args:
            path: path of the bundle.
            name: name of the model; None for the name in the bundle.
            by: name of the user.
            unit: unit of work of an idempotent request.

        If the model already has a version from this bundle, that version is returned. Raises InvalidInput if the bundle
        is damaged, its version cannot be loaded or used here or ``name`` is not valid, StorageError if the bundle
        cannot be unpacked, and Conflict if the model has another task, target or unit or if the version does not fit
        into the project's quota; nothing is stored then.
        """
        with tempfile.TemporaryDirectory(prefix="azuraforge-bundle-") as scratch:
            opened = read_bundle(path, Path(scratch) / "version")
            described = opened.description
            model = check_name(name or described.model)
            with self._database.read(project_id) as session:
                owner = store.model(session, model)
                present = store.versions(session, owner.id) if owner is not None else ()
                if (known := _known(present, opened.sha256)) is not None:
                    return model, known, False
                _refuse_other(model, present[0] if present else None, described.version)
            self._try_out(opened)
            (opened.folder / MANIFEST).unlink()  # a second export must produce the same bytes
            imported = self._folders.import_folder(project_id, opened.folder)
        try:
            if imported.content_hash != described.version.content_hash:
                raise refused(Message("the content hash of the version's folder differs from bundle.json"), DESCRIPTION)
            add = self._adder(project_id, model, described, opened.sha256, imported, by)
            return self._database.write(project_id, add, unit=unit)
        except BaseException:
            self._free(project_id, imported.content_hash)
            raise

    def _try_out(self, opened: Opened) -> None:
        """Load the version in a child process.

        Raises InvalidInput if loading fails, or if the process dies or takes too long.
        """
        version = opened.description.version
        size = sum(path.stat().st_size for path in opened.folder.rglob("*") if path.is_file())
        facts = TrialFacts(
            folder=str(opened.folder),
            content_hash=version.content_hash,
            plugin=version.plugin,
            config=version.config,
            schema=to_json(version.schema_),
            kind=version.kind,
            learned_from=to_json(version.learned_from),
            bytes=size,
        )
        try:
            self._call_trial(facts)
        except InvalidInput as error:
            if error.error_code in ("timeout", "child_died"):
                raise refused(
                    Message("its version could not be loaded: {problem}", {"problem": error.as_message()}), FOLDER
                ) from error
            raise

    def _adder(
        self, project_id: str, model: str, described: Description, sha256: str, imported: Imported, by: str
    ) -> Callable[[Session], tuple[str, int, bool]]:
        version = described.version

        def work(session: Session) -> tuple[str, int, bool]:
            owner = store.ensure_model(session, model)
            present = store.versions(session, owner.id)
            if (known := _known(present, sha256)) is not None:
                return model, known, False
            _refuse_other(model, present[0] if present else None, version)
            hold(session)  # before the quota's lock, as everywhere
            if not trash_store.named_folders(session, [imported.content_hash]):
                self._check_quota(session, "stored_bytes", imported.bytes)
            row = self._registry.register_version(
                session,
                model,
                imported,
                kind=version.kind,
                plugin=version.plugin,
                plugin_version=version.plugin_version,
                config=version.config,
                schema=DatasetSchema.model_validate(to_json(version.schema_)),
                weights_sha256=version.weights_sha256,
                dataset_fingerprint=version.dataset_fingerprint,
                learned_from=LearnedRows.model_validate(to_json(version.learned_from)),
                code_version=version.code_version,
                seed=version.seed,
                metrics=version.metrics,
                run_id="",
                dataset_id=None,
                dataset_version=None,
                origin=ImportRecord.model_validate(
                    {
                        "bundle_sha256": sha256,
                        "by": by,
                        "model": described.model,
                        "version": described.number,
                        "run_id": described.run_id,
                        "dataset": to_json(described.dataset) if described.dataset else None,
                        "evaluated": to_json(described.evaluated) if described.evaluated else None,
                    }
                ),
            )
            return model, row.version, True

        return work

    def _texts(self, owner: Model, row: ModelVersion, evaluated: Evaluated | None, folder: Path) -> dict[str, bytes]:
        judged = evaluated.document() if evaluated else None
        description = {
            "format": FORMAT,
            "model": owner.name,
            "number": row.version,
            "run_id": row.run_id or None,
            "dataset": self._dataset(row),
            "version": {
                **{name: getattr(row, name) for name in _FIELDS},
                "schema": row.schema.to_json(),
                "learned_from": row.learned_from.model_dump(mode="json", exclude_none=True),
            },
            "evaluated": judged,
        }
        kind = self._task_kinds().get(row.kind)
        texts = {
            DESCRIPTION: _json(description),
            "schema.json": _json(row.schema.to_json()),
            "README.md": _readme(owner.name, row, folder, kind.serving if kind else None).encode(),
            "CARD.md": self._cards.of(owner, row, evaluated, "en").encode(),
            "CARD.tr.md": self._cards.of(owner, row, evaluated, "tr").encode(),
        }
        return {**texts, "evaluation.json": _json(judged)} if judged else texts

    def _dataset(self, row: ModelVersion) -> dict[str, Any] | None:
        if row.dataset_id is None:
            return None
        try:
            found = self._datasets.get(row.project_id, row.dataset_id, row.dataset_version, trash=True)
        except NotFound:
            return None
        return {"name": found.name, "version": row.dataset_version, "fingerprint": row.dataset_fingerprint}


def _readme(model: str, row: ModelVersion, folder: Path, serving: Serving | None) -> str:
    """Return the README in English, with the Turkish text below it."""
    engine = orjson.loads((folder / "version.json").read_bytes()).get("engine") or {}
    example = Message(f"bundle.example.{serving if serving in _EXAMPLES else 'none'}", {"kind": row.kind})
    own = row.plugin.startswith(("forecasting.", "vision."))
    values = {
        "model": model,
        "version": row.version,
        "file": f"{model}-v{row.version}.zip",
        "plugin": row.plugin,
        "plugin_note": "" if own else Message("bundle.readme_plugin", {"plugin": row.plugin}),
        "example": example,
        "engine": engine.get("backend") or Message("bundle.readme_own_engine"),
        "content_hash": row.content_hash,
    }
    return "\n".join(keyed("bundle.readme", code, **values) for code in LANGUAGES)


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def _known(present: Sequence[ModelVersion], sha256: str) -> int | None:
    """Return the number of the version that was imported from the same bundle; None if there is none."""
    for row in present:
        if row.imported is not None and row.imported.bundle_sha256 == sha256:
            return row.version
    return None


def _refuse_other(model: str, newest: ModelVersion | None, version: Version) -> None:
    if newest is None:
        return
    schema = version.schema_
    imported = (version.kind, schema.target, schema.unit)
    present = (newest.kind, newest.schema.target, newest.schema.unit)
    if imported != present:
        raise Conflict(
            "model {model!r} and the bundle differ in task, target or unit: {present} and {imported}",
            where="model {model}",
            next_step="import the bundle under another name with azuraforge models import FILE --name NAME",
            model=model,
            present=_meaning(*present),
            imported=_meaning(*imported),
        )


def _meaning(kind: str, target: str, unit: str) -> str:
    return f"{kind}: {target} ({unit})" if unit else f"{kind}: {target}"
