"""Contract suite for learners."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from azuraforge.learners.loop.commit import Commit
from azuraforge.learners.loop.loop import Loop
from azuraforge.learners.loop.plan import Plan, Target
from azuraforge.learners.loop.saving import load
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.online.kind import OnlineKind
from azuraforge.plugins.contract.online.learner import Learner
from azuraforge.plugins.contract.rows import Span, span_of
from azuraforge.plugins.kinds.online.kinds import ONLINE_KINDS
from azuraforge.testing.contract import accepted, check_search, check_shape, require
from azuraforge.testing.features import check_files
from azuraforge.testing.sources_of_chance import check_sources

_MINUTE = 60_000_000
_TARGETS = {"class": ("value", 0), "direction": ("sign", 3), "number": ("change", 3)}


def check_learner(
    plugin: type[Learner[Any]],
    config: BaseModel | Mapping[str, Any],
    *,
    classes: int = 2,
    rows: int = 300,
    kind: OnlineKind | None = None,
    seed: int = 7,
) -> Floats:
    """Check the contract of a learner in the platform's own loop and return its answers, ``(origin, width)``.

    The answers and the saved state must be bit-identical when the same rows come at once, in random pieces, one by one,
    and after saving and loading; all answers must be valid.

    Args:
        plugin: the learner class.
        config: its config.
        classes: number of classes of the outcomes, for learners of the task kind ``class``.
        rows: number of simulated rows.
        kind: task kind of the learner, if it is not a built-in one.
        seed: seed of the rows and of the learner.

    Raises ContractBroken if a rule is broken, and InvalidInput if the config is not valid or an answer is not.
    """
    check_shape("learner", plugin)
    check_sources(plugin)
    parsed = accepted("learner", plugin, config)
    check_search(plugin.Config)
    require(kind is not None or plugin.task in ONLINE_KINDS, f"{plugin.__name__}.task names no task kind of learners")
    task = kind or ONLINE_KINDS[plugin.task]()
    for name, model in plugin.actions.items():
        require(issubclass(model, BaseModel), f"the request of the action {name} must be a pydantic model")
    plan, span = _plan(task, classes, seed), _rows(rows, classes if task.width(2) > task.width(0) else 0, seed)

    def fresh() -> Loop:
        return Loop(plan, plugin(), parsed, task)

    whole, state = _replayed(fresh, [span])
    require(len(whole) > 0 and not np.isnan(whole[:, 0]).all(), f"{plugin.__name__} never answers")
    again = _replayed(fresh, [span])
    _same(again, (whole, state), f"{plugin.__name__} gives other bits when the same rows are repeated")
    sizes = np.random.default_rng(seed).integers(1, 40, rows).tolist()
    _same(_replayed(fresh, _pieces(span, sizes)), (whole, state), f"{plugin.__name__} gives other bits in pieces")
    _same(
        _replayed(fresh, _pieces(span, [1] * rows), live=True),
        (whole, state),
        f"{plugin.__name__} gives other bits row by row",
    )
    _same(
        _replayed(_step_by_step(fresh), [span]),
        (whole, state),
        f"{plugin.__name__}.advance gives other bits than predict and learn",
    )
    _same(
        _reloaded(fresh, plugin, plan, parsed, task, _pieces(span, sizes)),
        (whole, state),
        f"{plugin.__name__} gives other bits after saving and loading",
    )
    return whole


def _plan(kind: OnlineKind, classes: int, seed: int) -> Plan:
    target, ahead = _TARGETS.get(kind.name, (kind.target_kinds[0], 1))
    names = tuple(f"c{number}" for number in range(classes)) if kind.width(2) > kind.width(0) else ()
    return Plan(
        task=kind.name,
        target=Target(column="y", kind=target, ahead_rows=ahead),  # type: ignore[arg-type]  # a kind of the task kind
        columns=("y", "a", "b", "c"),
        classes=names,
        inputs=("a", "b", "c"),
        seed=seed,
        state_every_seconds=3600,
    )


def _rows(rows: int, classes: int, seed: int) -> Span:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 3)) * [1.0, 50.0, 0.01] + [0.0, 1000.0, 0.0]
    noisy = features[:, 0] + rng.normal(size=rows) * 0.5
    target = np.clip(np.floor((noisy + 2) / 4 * classes), 0, classes - 1) if classes else 100 + noisy.cumsum()
    at = (np.arange(rows) + 1) * _MINUTE
    return span_of(("y", "a", "b", "c"), np.column_stack([target, features]), at=at)


def _pieces(span: Span, sizes: list[int]) -> list[Span]:
    found, start = [], 0
    for size in sizes:
        if start < len(span):
            found.append(span.cut(start, min(start + size, len(span))))
            start += size
    return found


def _step_by_step(fresh: Callable[[], Loop]) -> Callable[[], Loop]:
    """Return a loop whose learner uses the default ``advance``."""

    def made() -> Loop:
        loop = fresh()
        learner = loop.learner
        loop.learner.advance = lambda steps, width: Learner.advance(learner, steps, width)  # type: ignore[method-assign]
        return loop

    return made


def _answers(commits: list[Commit], width: int) -> Floats:
    found = [commit.block.answered.answer for commit in commits if commit.block is not None]
    return np.concatenate([np.zeros((0, width)), *found])


def _state(loop: Loop) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="contract-") as name:
        folder = Path(name)
        loop.save(folder)
        check_files(folder)
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _replayed(fresh: Callable[[], Loop], pieces: list[Span], *, live: bool = False) -> tuple[Floats, dict[str, bytes]]:
    loop = fresh()
    commits = [commit for piece in pieces for commit in loop.take(piece, live=live)]
    commits += loop.flush()
    return _answers(commits, loop.width), _state(loop)


def _reloaded(
    fresh: Callable[[], Loop],
    plugin: type[Learner[Any]],
    plan: Plan,
    config: BaseModel,
    kind: OnlineKind,
    pieces: list[Span],
) -> tuple[Floats, dict[str, bytes]]:
    loop, commits = fresh(), []
    for number, piece in enumerate(pieces):
        commits += [*loop.take(piece), *loop.flush()]
        if number % 4 == 0:
            with tempfile.TemporaryDirectory(prefix="contract-") as folder:
                loop.save(Path(folder))
                loop = load(Path(folder), plan, plugin(), config, kind)
    return _answers(commits, loop.width), _state(loop)


def _same(found: tuple[Floats, dict[str, bytes]], expected: tuple[Floats, dict[str, bytes]], rule: str) -> None:
    require(found[0].tobytes() == expected[0].tobytes(), f"{rule}: the answers differ")
    differing = sorted(
        name for name in expected[1].keys() | found[1].keys() if expected[1].get(name) != found[1].get(name)
    )
    require(not differing, f"{rule}: the saved {', '.join(differing)} differ")
