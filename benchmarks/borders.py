"""Any across package borders: in what one package of the source offers and another imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

ROOT = "azuraforge"
#: An ``Any`` in one of these is a value without a description.
_CONTAINERS = frozenset(
    {
        *("Annotated", "Any", "Awaitable", "Callable", "ClassVar", "Collection", "Generator", "Iterable", "Iterator"),
        *("Mapped", "Mapping", "MutableMapping", "Optional", "Sequence", "Union"),
    }
)


@dataclass
class Module:
    """One module: what it defines, which names it takes from where, and the modules it binds to a name."""

    name: str
    tree: ast.Module
    defined: dict[str, ast.stmt] = field(default_factory=dict)
    taken: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The package directly below the root; a module of the root is its own."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else parts[0]


def any_across_borders(sources: Iterable[tuple[str, str]], left_out: frozenset[str] = frozenset()) -> list[str]:
    """Return where a name that another package imports says ``Any``, once for each annotation.

    Counted are parameters and results of functions and of public methods, fields of classes, and aliases of types, also
    of what these mention. Not counted: ``Any`` as a parameter of a generic class (``TaskKind[Any, ...]`` is any task
    kind, ``Select[Any]`` any query; the class says what one can do with it), and what only the own package sees.

    Args:
        sources: path below the root, and text, of every module.
        left_out: packages whose own names are not counted.

    Example:
        >>> offered = "from typing import Any\\ndef read(path: str) -> dict[str, Any]: ...\\ndef own(x: Any): ..."
        >>> used = "from azuraforge.data.reading import read"
        >>> any_across_borders([("data/reading.py", offered), ("runs/worker.py", used)])
        ['data/reading.py:2 read']
        >>> any_across_borders([("data/reading.py", offered), ("data/worker.py", used)])
        []
    """
    modules = {module.name: module for module in map(_parsed, sources)}
    waiting = [
        (module, node)
        for importer in modules.values()
        for place, name in importer.taken.values()
        for module, node in _offered(modules, place, name)
        if module.package != importer.package
    ]
    found: set[str] = set()
    seen: set[int] = set()
    while waiting:
        module, node = waiting.pop()
        if id(node) in seen or module.package in left_out:
            continue
        seen.add(id(node))
        for what, annotation in _annotations(node):
            if _says_any(annotation):
                found.add(f"{_path(module.name)}:{annotation.lineno} {what}")
            waiting += _mentioned(modules, module, annotation)
    return sorted(found)


def _mentioned(
    modules: Mapping[str, Module], module: Module, annotation: ast.expr
) -> Iterator[tuple[Module, ast.stmt]]:
    """Yield the definitions that an annotation names: who gets the value sees them too."""
    for leaf in ast.walk(annotation):
        if isinstance(leaf, ast.Name) and leaf.id in module.defined:
            yield module, module.defined[leaf.id]
        elif isinstance(leaf, ast.Name) and leaf.id in module.taken:
            yield from _offered(modules, *module.taken[leaf.id])


def _parsed(source: tuple[str, str]) -> Module:
    path, text = source
    parts = path.removesuffix(".py").split("/")
    name = ".".join([ROOT, *(parts[:-1] if parts[-1] == "__init__" else parts)])
    module = Module(name, ast.parse(text))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == ROOT:
            for each in node.names:
                module.taken[each.asname or each.name] = (node.module, each.name)
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            module.defined[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            module.defined[node.target.id] = node
        elif isinstance(node, ast.Assign):
            module.defined |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return module


def _offered(modules: Mapping[str, Module], place: str, name: str) -> Iterator[tuple[Module, ast.stmt]]:
    """Yield the definition that an import means; every public one of a module that is imported as a whole."""
    if (whole := modules.get(f"{place}.{name}")) is not None:
        for each, node in whole.defined.items():
            if not each.startswith("_"):
                yield whole, node
    elif (module := modules.get(place)) is None:
        return
    elif name in module.defined:
        yield module, module.defined[name]
    elif name in module.taken and module.taken[name] != (place, name):  # it passes on what another module defines
        yield from _offered(modules, *module.taken[name])


def _annotations(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the annotations that users of a definition see, each with the name that it belongs to."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from ((node.name, each) for each in _signature(node))
    elif isinstance(node, ast.ClassDef):
        yield from ((node.name, base) for base in node.bases)
        for each in node.body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                if _is_public(each.name):
                    yield from ((f"{node.name}.{each.name}", found) for found in _signature(each))
                for inner in ast.walk(each):  # fields that a method makes
                    made = inner.target if isinstance(inner, ast.AnnAssign) else None
                    if isinstance(made, ast.Attribute) and _is_public(made.attr):
                        yield f"{node.name}.{made.attr}", inner.annotation
            elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and _is_public(each.target.id):
                yield f"{node.name}.{each.target.id}", each.annotation
    elif isinstance(node, ast.AnnAssign):
        yield ast.unparse(node.target), node.annotation
        if node.value is not None and ast.unparse(node.annotation) == "TypeAlias":
            yield ast.unparse(node.target), node.value
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.Name | ast.BinOp):
        yield ast.unparse(node.targets[0]), node.value


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    yield from (each.annotation for each in every if each is not None and each.annotation is not None)
    if node.returns is not None:
        yield node.returns


def _says_any(annotation: ast.expr) -> bool:
    """Return whether an annotation names ``Any`` otherwise than as a parameter of a generic class."""
    waiting: list[ast.AST] = [annotation]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and node.id == "Any":
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and _is_class(node.value.id):
            arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            waiting += [each for each in arguments if ast.unparse(each) not in ("Any", "*tuple[Any, ...]")]
        else:
            waiting += ast.iter_child_nodes(node)
    return False


def _is_class(name: str) -> bool:
    """Return whether a subscripted name is a generic class, not a container or a form of ``typing``."""
    return name[0].isupper() and name not in _CONTAINERS


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _path(module: str) -> str:
    return module.removeprefix(f"{ROOT}.").replace(".", "/") + ".py"
