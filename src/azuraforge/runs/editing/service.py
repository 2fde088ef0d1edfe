"""Changes of runs by members: name, tags and note, and the same action on several runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

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
        self, database: Database, events: EventLog, trash: RunTrash, cancel: Callable[[str, str], object]
    ) -> None:
        self._database = database
        self._events = events
        self._trash = trash
        self._cancel = cancel

    def change(self, project_id: str, run_id: str, change: RunChange, *, unit: UnitOfWork | None = None) -> None:
        """Change a run's name, tags or note.

        Raises NotFound if the run does not exist, and InvalidInput if it would have too many tags.
        """

        def work(session: Session) -> None:
            run = store.lock(session, run_id)
            if run is None:
                raise NotFound("run {run_id!r} does not exist", next_step="azuraforge runs list", run_id=run_id)
            values = _changed(run, change)
            if values:
                store.change(session, run, **values)
                self._announce(session, run)

        self._database.write(project_id, work, unit=unit)

    def each(self, project_id: str, request: BulkRequest, by: str) -> BulkOut:
        """Do the same to several runs, each in a transaction of its own, and return what became of each.

        A repeated request has no further effect: each action leaves a run as it is if it was already done. Raises
        InvalidInput if the action needs a change and the request has none.
        """
        if request.action == "change" and request.change is None:
            raise InvalidInput("the change is missing", where="change", next_step="state name, note or tags")
        act = self._action(project_id, request, by)
        items = [BulkItem(id=run_id, error=_tried(act, run_id)) for run_id in dict.fromkeys(request.run_ids)]
        return BulkOut(items=items, failed=sum(item.error is not None for item in items))

    def _action(self, project_id: str, request: BulkRequest, by: str) -> Callable[[str], object]:
        trash = self._trash
        match request.action:
            case "pin" | "unpin":
                return lambda run_id: trash.pin(project_id, run_id, request.action == "pin")
            case "cancel":
                return partial(self._cancel, project_id)
            case "delete":
                return lambda run_id: trash.delete(project_id, run_id, None, by)
            case "restore":
                return lambda run_id: trash.restore(project_id, run_id, None)
            case _:
                change = request.change or RunChange()
                return lambda run_id: self.change(project_id, run_id, change)

    def _announce(self, session: Session, run: Run) -> None:
        self._events.append(session, run_stream(run.id), RunEdited(name=run.name, tags=run.tags, note=run.note))
        self._events.append(session, "project", RunEdited(run_id=run.id, name=run.name, tags=run.tags))


def _tried(act: Callable[[str], object], run_id: str) -> RunError | None:
    try:
        act(run_id)
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
