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
#: Values that a comparison may choose by, and the fields that carry them. The same word may name a task kind's data and
#: a column ("series"), so a comparison counts only where a field of its own carries the value.
CHOICES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "task kind": (frozenset({"forecast", "classify"}), frozenset({"kind", "task", "task_kind", "taskKind"})),
    "kind of data": (frozenset({"series", "images", "panel"}), frozenset({"kind", "data", "data_kind", "dataKind"})),
    "way of serving": (frozenset({"series", "image"}), frozenset({"serving"})),
}
#: Folders of one kind, in which its name may be compared; of the dashboard, the parts that show one kind.
KIND_FOLDERS = ("apps/forecasting/", "apps/vision/", "plugins/kinds/", "dashboard/forecasting/", "dashboard/vision/")
#: Packages of one task kind, and the parts of the platform that may import them: they are plugins, test them or, as
#: ``judgements``, are no part of the loop.
KIND_PACKAGES = tuple(f"azuraforge.plugins.{name}." for name in ("forecasting", "vision", "kinds"))
OUTSIDE_THE_LOOP = ("apps/", "plugins/", "testing/", "judgements/")
#: ``schema?.kind === "images"``, and the other way round, and ``case "images"`` of any ``switch``.
_TYPESCRIPT = re.compile(
    r"""\b(?P<field>\w+)\)?\s*[!=]==?\s*["'](?P<value>\w+)["']"""
    r"""|["'](?P<first>\w+)["']\s*[!=]==?\s*\(?(?:\w+\??\.)*(?P<last>\w+)\b"""
    r"""|\bcase\s+["'](?P<case>\w+)["']"""
)


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


def choices_in(tree: ast.AST) -> list[tuple[int, str]]:
    """Return (line, what is chosen by) of each comparison with a name of ``CHOICES``, ``match`` statements included.

    Example:
        >>> choices_in(ast.parse("if row.kind == 'classify': pass\\nif name == 'images': pass"))
        [(1, 'task kind')]
        >>> choices_in(ast.parse("match kind.serving:\\n case 'series': pass"))
        [(1, 'way of serving')]
    """
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides: list[ast.AST] = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            sides = [node.subject, *(case.pattern for case in node.cases)]
        else:
            continue
        leaves = [leaf for side in sides for leaf in ast.walk(side)]
        values = {leaf.value for leaf in leaves if isinstance(leaf, ast.Constant)}
        owners = {id(leaf.value) for leaf in leaves if isinstance(leaf, ast.Attribute)}  # ``kind`` of ``kind.serving``
        fields = {name for leaf in leaves if id(leaf) not in owners and (name := _field(leaf)) is not None}
        for choice, (names, carriers) in CHOICES.items():
            if values & names and fields & carriers:
                found.append((node.lineno, choice))
    return found


def _field(leaf: ast.AST) -> str | None:
    """Return the name of an attribute, of a variable, or of a key as in ``row["kind"]`` and ``row.get("kind")``."""
    match leaf:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return name
        case _:
            return None


def imports_a_kind(tree: ast.AST) -> bool:
    """Return whether a module imports from a package of one task kind, imports for type checking included.

    Example:
        >>> imports_a_kind(ast.parse("from azuraforge.plugins.vision.png import png_base64"))
        True
    """
    for node in ast.walk(tree):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(f"{name}.".startswith(KIND_PACKAGES) for name in names):
            return True
    return False


def choices_in_typescript(text: str) -> list[tuple[int, str]]:
    """Return the result of ``choices_in`` for TypeScript, line by line. Every ``case`` counts.

    Example:
        >>> choices_in_typescript('return schema?.kind === "images" ? a : b;\\nif (name === "series") return;')
        [(1, 'kind of data')]
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for match in _TYPESCRIPT.finditer(line):
            value = match["value"] or match["first"] or match["case"]
            field = match["field"] or match["last"]
            fitting = [
                choice
                for choice, (names, carriers) in CHOICES.items()
                if value in names and (field in carriers or match["case"] is not None)
            ]
            found += [(number, choice) for choice in fitting[:1]]
    return found


def dashboard_sources() -> Iterator[tuple[str, str]]:
    """Yield the dashboard's files as ("dashboard/" and the path, text), without types generated from OpenAPI."""
    for path in sorted([*DASHBOARD.rglob("*.ts"), *DASHBOARD.rglob("*.tsx")]):
        if path.name != "schema.ts":
            yield f"dashboard/{path.relative_to(DASHBOARD).as_posix()}", path.read_text()


def cycles(package: str, graph: grimp.ImportGraph) -> list[set[str]]:
    """Return the strongly connected components of more than one unit, between the packages and inside each.

    A unit is a child of ``package``: a module, or a folder with everything in it. Imports inside functions count.
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


def all_cycles(*, type_checking: bool) -> dict[str, list[set[str]]]:
    """Return the cycles of each package that has some; ``type_checking``: count imports for type checking, too."""
    # Without grimp's cache on disk: it has shown a cycle between modules that were gone.
    exclude = not type_checking
    graph = grimp.build_graph("azuraforge", exclude_type_checking_imports=exclude, cache_dir=None)
    packages = sorted(module for module in graph.modules if graph.find_children(module))
    return {package: groups for package in packages if (groups := cycles(package, graph))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the places behind each figure")
    options = parser.parse_args()
    report = Report("shape")

    anys: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    importers: list[str] = []
    chosen: dict[str, list[str]] = {choice: [] for choice in CHOICES}
    for name, text in sources():
        tree = ast.parse(text)
        lines[name] = text.count("\n")
        anys[name] = any_count(tree)
        if not name.startswith(OUTSIDE_THE_LOOP) and imports_a_kind(tree):
            importers.append(name)
        if not name.startswith(KIND_FOLDERS):
            for line, choice in choices_in(tree):
                chosen[choice].append(f"{name}:{line}")
    outside = [name for name in lines if not name.startswith("engine/")]
    rate = 1000 * sum(anys[name] for name in outside) / sum(lines[name] for name in outside)
    report.add("Any outside engine/", rate, "per 1,000 lines", goal="≤ 8", met=rate <= 8)
    for name, text in dashboard_sources():
        lines[name] = text.count("\n")
        if not name.startswith(KIND_FOLDERS) and ".test." not in name:
            for line, choice in choices_in_typescript(text):
                chosen[choice].append(f"{name}:{line}")
    kinds = chosen["task kind"]
    report.add("comparisons with a task kind's name", len(kinds), "places", goal="0", met=not kinds)
    report.add("comparisons with a kind of data's name", len(chosen["kind of data"]), "places")
    report.add("comparisons with a way of serving", len(chosen["way of serving"]), "places")

    report.add("modules of the loop that import a task kind's package", len(importers), "modules")

    across = any_across_borders(sources(), frozenset({"engine"}))
    report.add("Any across package borders, without engine/", len(across), "places", goal="0", met=not across)

    folders = Counter(str(Path(name).parent) for name in lines)
    folder, most = folders.most_common(1)[0]
    report.add(f"files in the fullest folder ({folder})", most, "files", goal="≤ 25", met=most <= 25)

    found = all_cycles(type_checking=False)
    number = sum(len(groups) for groups in found.values())
    report.add("import cycles between and inside packages", number, "cycles", goal="0", met=not number)
    typed = all_cycles(type_checking=True)
    report.add("the same with imports under TYPE_CHECKING", sum(map(len, typed.values())), "cycles")

    longest, length = lines.most_common(1)[0]
    report.add(f"largest file ({longest})", length, "lines", goal="≤ 400", met=length <= 400)
    migrations = len(list(MIGRATIONS.glob("[0-9]*.py")))
    report.add("migrations", migrations, "files", goal="1", met=migrations == 1)
    report.finish()

    if options.list:
        print("\nAny:", *(f"  {count:4} {name}" for name, count in anys.most_common(40) if name in outside), sep="\n")
        print("\nimport a task kind's package:", *(f"  {name}" for name in importers), sep="\n")
        for choice, places in chosen.items():
            print(f"\ncomparisons with a {choice}:", *(f"  {place}" for place in places), sep="\n")
        print("\nAny across borders:", *(f"  {place}" for place in across), sep="\n")
        print("\nfolders:", *(f"  {count:4} {name}" for name, count in folders.most_common(8)), sep="\n")
        print("\nlong files:", *(f"  {count:4} {name}" for name, count in lines.most_common(12)), sep="\n")
        for package, groups in typed.items():
            for group in groups:
                note = "" if group in found.get(package, []) else " (for type checking only)"
                print(f"\ncycle inside {package}{note}: {', '.join(sorted(group))}")


if __name__ == "__main__":
    main()
