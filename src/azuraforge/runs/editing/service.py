"""Changes of runs by members: name, tags and note, and the same action on several runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from azuraforge.database import Database, Session, UnitOfWork
from azuraforge.errors import AzuraError, InvalidInput, NotFound
from azuraforge.events.service import EventLog
from azuraforge.runs import store
from azuraforge.runs.editing.schemas import BulkItem, BulkOut, BulkRequest, RunChange
from azuraforge.runs.events import RunEdited
from azuraforge.runs.schemas import MOST_TAGS, RunError
from azuraforge.runs.tables import Run
from azuraforge.runs.transitions import run_stream
from azuraforge.runs.trash import RunTrash


class RunEditing:
    """Changes of the fields of runs that members may change at any time.

    If two members change the same field, the later change wins; changes of different fields, and tags that are added
    or removed, do not affect each other.
    """

    def __init__(
        self, database: Database, events: EventLog, trash: RunTrash, cancel: Callable[[Session, str], object]
    ) -> None:
        self._database = database
        self._events = events
        self._trash = trash
        self._cancel = cancel

    def change(self, project_id: str, run_id: str, change: RunChange, *, unit: UnitOfWork | None = None) -> None:
        """Change a run's name, tags or note.

        Raises NotFound if the run does not exist, and InvalidInput if it would have too many tags.
        """

        self._database.write(project_id, lambda session: self._change_in(session, run_id, change), unit=unit)

    def each(self, project_id: str, request: BulkRequest, by: str, *, unit: UnitOfWork | None = None) -> BulkOut:
        """Do the same to several runs in one transaction, and return what became of each.

        A run to which the action cannot be done stays as it is and does not affect the others. Raises InvalidInput if
        the action needs a change and the request has none.
        """
        if request.action == "change" and request.change is None:
            raise InvalidInput("the change is missing", where="change", next_step="state name, note or tags")
        act = self._action(request, by)
        run_ids = list(dict.fromkeys(request.run_ids))

        def work(session: Session) -> list[BulkItem]:
            store.lock_all(session, run_ids)  # in one order, so that two requests do not wait for each other
            return [BulkItem(id=run_id, error=_tried(session, act, run_id)) for run_id in run_ids]

        items = self._database.write(project_id, work, unit=unit)
        return BulkOut(items=items, failed=sum(item.error is not None for item in items))

    def _action(self, request: BulkRequest, by: str) -> Callable[[Session, str], object]:
        trash = self._trash
        match request.action:
            case "pin" | "unpin":
                return lambda session, run_id: trash.pin_in(session, run_id, request.action == "pin")
            case "cancel":
                return self._cancel
            case "delete":
                return lambda session, run_id: trash.delete_in(session, run_id, None, by)
            case "restore":
                return lambda session, run_id: trash.restore_in(session, run_id, None)
            case _:
                change = request.change or RunChange()
                return lambda session, run_id: self._change_in(session, run_id, change)

    def _change_in(self, session: Session, run_id: str, change: RunChange) -> None:
        run = store.lock(session, run_id)
        if run is None:
            raise NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id=run_id)
        values = _changed(run, change)
        if values:
            store.change(session, run, **values)
            self._announce(session, run)

    def _announce(self, session: Session, run: Run) -> None:
        self._events.append(session, run_stream(run.id), RunEdited(name=run.name, tags=run.tags, note=run.note))
        self._events.append(session, "project", RunEdited(run_id=run.id, name=run.name, tags=run.tags))


def _tried(session: Session, act: Callable[[Session, str], object], run_id: str) -> RunError | None:
    try:
        with session.begin_nested():
            act(session, run_id)
    except AzuraError as error:
        return RunError.shown(error.to_dict())
    return None


def _changed(run: Run, change: RunChange) -> dict[str, object]:
    """Return the columns that the change gives other values."""
    wanted: dict[str, object] = {}
    if change.name is not None:
        wanted["name"] = change.name
    if change.note is not None:
        wanted["note"] = change.note or None
    wanted["tags"] = _tags(run.tags if change.tags is None else change.tags, change)
    return {name: value for name, value in wanted.items() if getattr(run, name) != value}


def _tags(before: Sequence[str], change: RunChange) -> list[str]:
    tags = [tag for tag in dict.fromkeys([*before, *change.add_tags]) if tag not in change.remove_tags]
    if len(tags) > MOST_TAGS:
        raise InvalidInput(
            "a run has at most {most} tags", where="tags", next_step="remove a tag first", most=MOST_TAGS
        )
    return tags
