"""Mutants of what separates projects: roles of routes, row-level policies and cross-project queries.

Roles and queries are changed in the syntax tree of their function, which is then compiled into its module; policies, in
the SQL that ``row_security`` generates. A mutant is killed if the matrix finds something wrong with it.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import sqlite3
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute

from azuraforge.database import Base, row_security
from azuraforge.database.cross_project import CROSS_PROJECT_QUERIES, AnyCrossProjectQuery
from azuraforge.people.callers import Caller
from azuraforge.people.package import PEOPLE
from azuraforge.platform.composition import application
from azuraforge.projects.access import Access, Admin, Reader, Writer
from azuraforge.projects.named import named_project
from azuraforge.server.packages import PACKAGES
from tests.isolation.asking import URL
from tests.isolation.barriers import statements, superuser
from tests.isolation.keys import keys
from tests.isolation.matrix import FOREIGN, Route, probes, routes, run
from tests.isolation.stage import Stage
from tests.postgres import APP, OWNER

#: Compile as with ``from __future__ import annotations``.
_ANNOTATIONS = annotations.compiler_flag


@dataclass(frozen=True)
class Mutant:
    """A change of the program: ``apply`` makes it and undoes it, ``finds`` returns what the matrix finds meanwhile."""

    name: str
    apply: Callable[[Stage], Any]
    finds: Callable[[Stage], list[str]]


def killed(stage: Stage, mutant: Mutant) -> str:
    """Return the first finding of the matrix; empty for a mutant that survives."""
    with mutant.apply(stage):
        return next(iter(mutant.finds(stage)), "")


# Roles of routes


def _anyone_in_project(connection: HTTPConnection) -> Access:
    """Authenticate nobody: every caller is the owner of the named project, who also executes its external runs."""
    stage: Stage = connection.app.state.stage
    world = stage.a if named_project(connection) == stage.a.slug else stage.b
    return Access(world.ids["project"], world.slug, world.slug, world.ids["person"], "anyone", "owner", None, "0" * 64)


def _any_project(connection: HTTPConnection) -> str:
    return _anyone_in_project(connection).project_id


def _any_person(connection: HTTPConnection) -> Caller:
    stage: Stage = connection.app.state.stage
    return Caller(stage.b.ids["reader"], "anyone", "session", "0" * 64, None)


_NONE = {
    **dict.fromkeys(("Reader", "Writer", "Member", "Admin", "Owner"), Annotated[Access, Depends(_anyone_in_project)]),
    "Person": Annotated[Caller, Depends(_any_person)],
    "Project": Annotated[str, Depends(_any_project)],
}
_LOWER = {"Owner": Admin, "Admin": Writer, "Writer": Reader, "Member": Reader}


def role_mutants() -> Iterator[Mutant]:
    """Yield two mutants for each role that a route requires: with the next lower role, and without authentication."""
    for package in PACKAGES:
        for router in (*package.hot_routers(), *package.routers()):
            for route in router.routes:
                if not isinstance(route, APIRoute):
                    continue
                for name, changes in _annotations(route):
                    for kind, made in changes.items():
                        for method in sorted(route.methods):
                            yield _role_mutant(router, route, (method, route.path), name, kind, made)


def _annotations(route: APIRoute) -> Iterator[tuple[str, dict[str, object]]]:
    tree = _tree(route.endpoint)
    for each in [*tree.args.args, *tree.args.kwonlyargs]:
        if isinstance(each.annotation, ast.Name) and each.annotation.id in _NONE:
            name = each.annotation.id
            yield name, {**({"lower": _LOWER[name]} if name in _LOWER else {}), "none": _NONE[name]}


def _tree(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function)))).body[0]
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    return tree


def _role_mutant(router: Any, route: APIRoute, place: Route, name: str, kind: str, made: object) -> Mutant:
    @contextmanager
    def apply(stage: Stage) -> Iterator[None]:
        tree = _tree(route.endpoint)
        for each in [*tree.args.args, *tree.args.kwonlyargs]:
            if isinstance(each.annotation, ast.Name) and each.annotation.id == name:
                each.annotation = ast.Name("_Mutated", ast.Load())
        module = sys.modules[inspect.unwrap(route.endpoint).__module__]
        before, kept, known = stage.app, list(router.routes), dict(module.__dict__)
        module.__dict__["_Mutated"] = made
        code = ast.Module([tree], [])
        flags = _ANNOTATIONS
        try:
            exec(compile(ast.fix_missing_locations(code), str(module.__file__), "exec", flags), module.__dict__)
            new = router.routes[-1]
            router.routes[:] = [new if each is route else each for each in kept]
            stage.app = application(stage.platform.services, stage.platform.readiness, URL)
            _api(stage.app).state.stage = stage
            yield
        finally:
            router.routes[:] = kept
            module.__dict__.clear()
            module.__dict__.update(known)
            stage.app = before

    return Mutant(
        f"{' '.join(place)}: {name} → {kind}",
        apply,
        lambda stage: [str(each) for each in run(stage, probes(stage, place, ORIGINAL))],
    )


ORIGINAL = routes()


def _api(app: Any) -> Any:
    while not hasattr(app, "state"):
        app = app.app
    return app


@contextmanager
def rows_kept(stage: Stage) -> Iterator[None]:
    """Restore the rows of SQLite and forget cached callers afterwards, because a mutant lets requests change rows."""
    with closing(sqlite3.connect(":memory:")) as copied:
        with closing(sqlite3.connect(stage.home / "azuraforge.db")) as file:
            file.backup(copied)
        yield
        with closing(sqlite3.connect(stage.home / "azuraforge.db", timeout=30)) as file:
            copied.backup(file)
    stage.platform.services[PEOPLE].revocations.forget(None)


# Row-level policies


def policy_mutants() -> Iterator[Mutant]:
    """Yield mutants of the statements that protect each table: conditions that let more through, and missing parts."""
    quoted = f'"{APP}"'
    for table in Base.metadata.sorted_tables:
        made = list(row_security._policies(table, f'"{table.name}"', quoted))
        for statement in made:
            for kind, changed in _widened(statement):
                yield _policy_mutant(table, kind, statement, changed)
        if table.info.get("granted"):
            yield _policy_mutant(table, "all granted", "", f'GRANT ALL ON "{table.name}" TO {quoted}')


def _widened(statement: str) -> Iterator[tuple[str, str]]:
    """Yield a statement with wider conditions: without the condition, and without one operand of each AND."""
    if " FORCE " in statement:
        yield "FORCE", statement.replace(" FORCE ", " NO FORCE ")
    if "ENABLE ROW" in statement:
        yield "ENABLE", statement.replace("ENABLE", "DISABLE")
    if not statement.startswith("CREATE POLICY"):
        return
    name = statement.split()[2]
    for clause in ("USING", "WITH CHECK"):
        if (start := statement.find(f"{clause} (")) < 0:
            continue
        begin = start + len(clause) + 2
        end = _closing(statement, begin)
        inside = statement[begin:end]
        for number, operand in enumerate(["", *inside.split(" AND ")] if " AND " in inside else [""]):
            kept = (
                inside.replace(operand, "true", 1) if operand.count("(") == operand.count(")") and operand else "true"
            )
            yield f"{name} {clause} {number}", statement[:begin] + kept + statement[end:]
        for equal in re.finditer(r" = ", inside):
            kept = inside[: equal.start()] + " <> " + inside[equal.end() :]
            yield f"{name} {clause} <> at {equal.start()}", statement[:begin] + kept + statement[end:]


def _closing(statement: str, begin: int) -> int:
    depth = 1
    for place in range(begin, len(statement)):
        depth += {"(": 1, ")": -1}.get(statement[place], 0)
        if depth == 0:
            return place
    raise AssertionError(statement)


def _policy_mutant(table: Any, kind: str, original: str, changed: str) -> Mutant:
    @contextmanager
    def apply(stage: Stage) -> Iterator[None]:
        policy = re.match(r"CREATE POLICY (\w+) ON (\S+)", changed)
        drop = f"DROP POLICY {policy[1]} ON {policy[2]}" if policy else ""
        undo = original or f'REVOKE ALL ON "{table.name}" FROM "{APP}"'
        with superuser(stage, autocommit=True) as connection:

            def execute(statement: str) -> None:
                if drop:
                    connection.execute(drop)  # type: ignore[arg-type]
                connection.execute(f"SET ROLE {OWNER}")
                connection.execute(statement)  # type: ignore[arg-type]
                connection.execute("RESET ROLE")

            execute(changed)
            try:
                yield
            finally:
                execute(undo)
                if not original:
                    verbs = ", ".join(row_security._granted(table))
                    connection.execute(f'GRANT {verbs} ON "{table.name}" TO "{APP}"')  # type: ignore[arg-type]

    return Mutant(f"{table.name}: {kind}", apply, lambda stage: statements(stage, [table]))


# Cross-project queries


def query_mutants() -> Iterator[Mutant]:
    """Yield mutants of each cross-project query: without one condition, or with the opposite comparison."""
    for name, query in sorted(CROSS_PROJECT_QUERIES.items()):
        tree = _tree(query._make)
        for number, changed in enumerate(_changed_queries(tree)):
            yield _query_mutant(name, query, f"{number} {_difference(tree, changed)}", changed)


def _difference(tree: ast.AST, changed: ast.AST) -> str:
    one, two = ast.unparse(tree), ast.unparse(changed)
    first = next(place for place, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1])
    return repr(two[max(0, first - 30) : first + 40].replace("\n", " "))


def _changed_queries(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.FunctionDef]:
    nodes = list(ast.walk(tree))
    for place, node in enumerate(nodes):
        if isinstance(node, ast.Compare):
            yield _edited(tree, place, _negate)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "where":
            for number in range(len(node.args)):
                yield _edited(tree, place, lambda each, number=number: each.args.pop(number))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("and_", "or_"):
            yield _edited(tree, place, _swap)


def _edited(tree: Any, place: int, edit: Callable[[Any], object]) -> Any:
    made = copy.deepcopy(tree)
    edit(list(ast.walk(made))[place])
    return made


_OPPOSITE: dict[type, type] = {ast.Eq: ast.NotEq, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}


def _negate(node: ast.Compare) -> None:
    node.ops = [_OPPOSITE.get(type(node.ops[0]), ast.NotEq)()]


def _swap(node: Any) -> None:
    node.func.id = {"and_": "or_", "or_": "and_"}[node.func.id]


def _query_mutant(name: str, query: AnyCrossProjectQuery, what: str, tree: Any) -> Mutant:
    tree.decorator_list = []

    @contextmanager
    def apply(stage: Stage) -> Iterator[None]:
        from sqlalchemy import and_, or_

        names = {**sys.modules[query.module].__dict__, "and_": and_, "or_": or_}
        code = compile(ast.fix_missing_locations(ast.Module([tree], [])), "mutant", "exec",
                       _ANNOTATIONS)  # fmt: skip
        exec(code, names)
        kept, query._make, query._cached = (query._make, query._cached), names[tree.name], {}
        stage.platform.services[PEOPLE].revocations.forget(None)
        try:
            yield
        finally:
            query._make, query._cached = kept
            stage.platform.services[PEOPLE].revocations.forget(None)

    return Mutant(f"{name}: {what}", apply, _wrong_keys)


def _wrong_keys(stage: Stage) -> list[str]:
    """Run the part of the matrix whose secrets and slugs are found by cross-project queries, and the controls."""
    found = [str(each) for each in run(stage, probes(stage, ("GET", "/runs/{run_id}"), ORIGINAL))]
    if found:
        return found
    return keys(stage) or [str(each) for each in run(stage, probes(stage, columns=FOREIGN))]
