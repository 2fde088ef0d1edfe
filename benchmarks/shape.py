"""Shape of the source: Any, task kinds by name, files per folder, import cycles, largest file, migrations."""

from __future__ import annotations

import argparse
import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grimp

from benchmarks.borders import any_across_borders
from benchmarks.report import ROOT, Report

SOURCE = ROOT / "src" / "azuraforge"
DASHBOARD = ROOT / "dashboard" / "src"
MIGRATIONS = SOURCE / "database" / "migrations" / "versions"
#: Names that select a kind of work; a comparison with one of them belongs into the folder of that kind.
TASK_KINDS = frozenset({"forecast", "classify", "images", "series", "panel"})
#: Fields that carry such a name. Comparing any other value, as a column named "image", is not a choice of kind.
KIND_FIELDS = re.compile(r"(^|[._\"'])(kind|task|task_kind)($|[\"'\])])")
KIND_FOLDERS = ("apps/forecasting/", "apps/vision/", "plugins/kinds/")


def sources() -> Iterator[tuple[str, str]]:
    """Yield every Python file of the package as (path below the package, text); generated migrations excluded."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if not path.is_relative_to(MIGRATIONS) and not name.startswith("server/dashboard/"):
            yield name, path.read_text()


def any_count(tree: ast.AST) -> int:
    """Return how often an annotation or an expression names ``Any``; its import is not counted.

    Example:
        >>> any_count(ast.parse("from typing import Any\\nx: dict[str, Any]"))
        1
    """
    return sum(
        (isinstance(node, ast.Name) and node.id == "Any") or (isinstance(node, ast.Attribute) and node.attr == "Any")
        for node in ast.walk(tree)
    )


def kind_comparisons(tree: ast.AST) -> list[int]:
    """Return the lines that compare a kind with a task kind's name, ``match`` statements included.

    Example:
        >>> kind_comparisons(ast.parse("if row.kind == 'classify': pass\\nif name == 'images': pass"))
        [1]
    """
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            names = {leaf.value for side in sides for leaf in ast.walk(side) if isinstance(leaf, ast.Constant)}
            if names & TASK_KINDS and any(KIND_FIELDS.search(ast.unparse(side)) for side in sides):
                found.append(node.lineno)
        elif isinstance(node, ast.Match) and KIND_FIELDS.search(ast.unparse(node.subject)):
            found.append(node.lineno)
    return found


def cycles(package: str, graph: grimp.ImportGraph) -> list[set[str]]:
    """Return the strongly connected components of more than one unit, between the packages and inside each.

    A unit is a child of ``package``: a module, or a folder with everything in it. Imports inside functions count,
    imports for type checking only do not.
    """
    children = graph.find_children(package)

    def unit(module: str) -> str | None:
        return next((child for child in children if module == child or module.startswith(f"{child}.")), None)

    edges: dict[str, set[str]] = {child: set() for child in children}
    for module in graph.modules:
        if (source := unit(module)) is None:
            continue
        for imported in graph.find_modules_directly_imported_by(module):
            target = unit(imported)
            if target is not None and target != source:
                edges[source].add(target)
    return [group for group in _components(edges) if len(group) > 1]


def _components(edges: dict[str, set[str]]) -> list[set[str]]:
    """Tarjan's strongly connected components (SIAM J. Comput. 1(2), 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in edges[node]:
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            position = stack.index(node)
            groups.append(set(stack[position:]))
            del stack[position:]

    for node in edges:
        if node not in index:
            visit(node)
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the places behind each figure")
    options = parser.parse_args()
    report = Report("shape")

    anys: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    kinds: list[str] = []
    for name, text in sources():
        tree = ast.parse(text)
        lines[name] = text.count("\n")
        anys[name] = any_count(tree)
        if not name.startswith(KIND_FOLDERS):
            kinds += [f"{name}:{line}" for line in kind_comparisons(tree)]
    outside = [name for name in lines if not name.startswith("engine/")]
    rate = 1000 * sum(anys[name] for name in outside) / sum(lines[name] for name in outside)
    report.add("Any outside engine/", rate, "per 1,000 lines", goal="≤ 8", met=rate <= 8)
    report.add("comparisons with a task kind's name", len(kinds), "places", goal="0", met=not kinds)

    crossing = any_across_borders(sources(), frozenset({"engine"}))
    report.add("Any across package borders, without engine/", len(crossing), "places", goal="0", met=not crossing)

    folders = Counter(str(Path(name).parent) for name in lines if Path(name).name != "__init__.py")
    folder, most = folders.most_common(1)[0]
    report.add(f"files in the fullest folder ({folder})", most, "files", goal="≤ 25", met=most <= 25)

    graph = grimp.build_graph("azuraforge", exclude_type_checking_imports=True)
    packages = [module for module in graph.modules if graph.find_children(module)]
    found = {package: groups for package in sorted(packages) if (groups := cycles(package, graph))}
    number = sum(len(groups) for groups in found.values())
    report.add("import cycles between and inside packages", number, "cycles", goal="0", met=not number)

    for path in [*DASHBOARD.rglob("*.ts"), *DASHBOARD.rglob("*.tsx")]:
        if path.name != "schema.ts":  # generated from the OpenAPI document
            lines[f"dashboard/{path.relative_to(DASHBOARD).as_posix()}"] = path.read_text().count("\n")
    longest, length = lines.most_common(1)[0]
    report.add(f"largest file ({longest})", length, "lines", goal="≤ 400", met=length <= 400)
    migrations = len(list(MIGRATIONS.glob("[0-9]*.py")))
    report.add("migrations", migrations, "files", goal="1", met=migrations == 1)
    report.finish()

    if options.list:
        print("\nAny:", *(f"  {count:4} {name}" for name, count in anys.most_common(40) if name in outside), sep="\n")
        print("\ntask kinds:", *(f"  {place}" for place in kinds), sep="\n")
        print("\nAny across borders:", *(f"  {place}" for place in crossing), sep="\n")
        print("\nfolders:", *(f"  {count:4} {name}" for name, count in folders.most_common(8)), sep="\n")
        print("\nlong files:", *(f"  {count:4} {name}" for name, count in lines.most_common(12)), sep="\n")
        for package, groups in found.items():
            for group in groups:
                print(f"\ncycle inside {package}: {', '.join(sorted(group))}")


if __name__ == "__main__":
    main()
