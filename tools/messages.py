"""``python -m tools.messages [update|check]``: keep the catalogue of messages complete.

``update`` adds an empty entry for each new template to ``locales/tr/PACKAGE.po``, removes entries that no code uses,
and compiles the catalogues; ``check`` prints what is missing and exits with 1 if anything is.

Templates are constant arguments of the error classes (the sentence, ``where``, ``next_step``), of their methods
``with_next_step`` and ``at``, of ``Message`` and of ``InvalidValue``. A name that stands for a constant of its module
is followed. Texts with keys have entries in both languages; a key counts as used if the code has it, or its beginning
up to a dot, as a string.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from pydantic import BaseModel

from azuraforge.messages.catalogue import FOLDER, has_words
from azuraforge.messages.template import placeholders
from azuraforge.settings import Settings

SOURCE = Path(__file__).parents[1] / "src" / "azuraforge"
#: Errors of these packages are for developers: the engine raises Python's own, testing checks plugins.
_WITHOUT = ("engine", "errors", "testing")
#: Callables whose argument at this position is a template, and that name a next step.
_ERRORS: Mapping[str, int] = {
    **dict.fromkeys(
        ("AzuraError", "UserError", "InvalidInput", "NotFound", "Conflict", "Unauthorized", "Forbidden"), 0
    ),
    **dict.fromkeys(("TooManyRequests", "TransientError", "StorageError", "InternalError"), 0),
    **dict.fromkeys(("ClientError", "FileUnusable", "InvalidArgument", "PlatformUnreachable"), 0),
    "ApiError": 2,
    "problem": 1,
}
#: Callables that make a part of a text, without a next step.
_PIECES: Mapping[str, int] = {"Message": 0, "Sentence": 0, "InvalidValue": 0, "_refuse": 1}
#: Methods of errors whose first argument is a template, with the part of the error that it replaces.
_METHODS: Mapping[str, str] = {"with_next_step": "next_step", "at": "where"}
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_PARTS = ("where", "next_step")
#: Modules that translate what others raised: their templates are values.
_EDGES = (
    "cli/failures.py",
    "client/errors.py",
    "messages/catalogue.py",
    "messages/stored.py",
    "server/problems.py",
    "server/protocol.py",
)
#: Packages whose code names the keys of its texts without the package: ``cli.next`` is ``text("next")``.
_PREFIXED = ("cli", "reports")


@dataclass(frozen=True)
class Use:
    """A template in the code."""

    template: str
    package: str
    place: str


@dataclass
class Extracted:
    """All templates of the code, and the arguments that are not constant."""

    uses: list[Use] = field(default_factory=list)
    dynamic: list[str] = field(default_factory=list)
    no_next_step: list[str] = field(default_factory=list)


def extract() -> Extracted:
    """Return the templates of every module."""
    found = Extracted()
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
    everywhere = {name: text for tree in trees.values() for name, text in _constants(tree).items()}
    for path, tree in trees.items():
        inside = path.relative_to(SOURCE)
        package = inside.parts[0].removesuffix(".py")
        if package not in _WITHOUT:
            constants = {**everywhere, **_constants(tree)}
            _extract_module(tree, str(inside), package, constants, found)
    found.uses += [Use(text, "cli", "cli (help)") for text in help_texts()]
    found.uses += [Use(text, "settings", "settings.py (reference)") for text in setting_texts(Settings)]
    return found


def help_texts() -> Iterator[str]:
    """Yield the help texts of all commands and options."""
    from typer.main import get_command

    from azuraforge.cli.help.translation import texts
    from azuraforge.cli.main import app

    yield from texts(get_command(app))


def setting_texts(part: type[BaseModel]) -> Iterator[str]:
    """Yield the descriptions of a part's settings, and the documentation of the parts inside it."""
    for each in part.model_fields.values():
        if isinstance(each.annotation, type) and issubclass(each.annotation, BaseModel):
            yield inspect.cleandoc(each.annotation.__doc__ or "")
            yield from setting_texts(each.annotation)
        elif each.description:
            yield each.description


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a module gives a name."""
    return {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }


def _extract_module(
    tree: ast.Module, inside: str, package: str, constants: Mapping[str, str], found: Extracted
) -> None:
    # Other packages have classes named Message of another meaning.
    own = set() if _imports_message(tree) else {"Message"}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
            _extract_method(call, call.func.attr, f"{inside}:{call.lineno}", package, constants, found)
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        at = {**_ERRORS, **_PIECES}.get(name)
        if at is None or name in own or (name in ("problem", "_refuse") and package != "server"):
            continue
        place = f"{inside}:{call.lineno}"
        arguments = [*call.args[at : at + 1], *(each.value for each in call.keywords if each.arg in _PARTS)]
        kinds = ["message", *(each.arg for each in call.keywords if each.arg in _PARTS)]
        for kind, argument in zip(kinds, arguments, strict=False):
            texts = list(_constant(argument, constants))
            if not texts and not _is_key(argument) and inside not in _EDGES:
                found.dynamic.append(f"{place}: {kind} is not constant: {ast.unparse(argument)[:80]}")
            for text in texts:
                if has_words(text) and (kind != "where" or " " in text):
                    found.uses.append(Use(text, package, place))
        if name in _ERRORS and not any(each.arg in ("next_step", None) for each in call.keywords):
            found.no_next_step.append(place)


def _extract_method(
    call: ast.Call, name: str, place: str, package: str, constants: Mapping[str, str], found: Extracted
) -> None:
    """Extract the template of an error's method; methods of other objects named ``at`` get no constant text."""
    kind = _METHODS[name]
    texts = list(_constant(call.args[0], constants)) if call.args else []
    if call.args and not texts and name == "with_next_step":
        found.dynamic.append(f"{place}: {kind} is not constant: {ast.unparse(call.args[0])[:80]}")
    for text in texts:
        if has_words(text) and (kind != "where" or " " in text):
            found.uses.append(Use(text, package, place))


def _constant(node: ast.expr, constants: Mapping[str, str]) -> Iterator[str]:
    """Yield the constant texts that an argument can be: one, or those of a conditional expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]
    elif isinstance(node, ast.IfExp):
        body, other = list(_constant(node.body, constants)), list(_constant(node.orelse, constants))
        if body and other:
            yield from (*body, *other)


def _imports_message(tree: ast.Module) -> bool:
    """Return whether a module uses the Message of the catalogue."""
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("azuraforge.messages", "azuraforge.plugins"))
        and any(each.name == "Message" and each.asname is None for each in node.names)
        for node in ast.walk(tree)
    )


def _is_key(node: ast.expr) -> bool:
    """Return whether an argument is a key of the catalogue with a constant beginning: ``f"noun.{noun}"``."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) else None
    return isinstance(first, ast.Constant) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)*\.", str(first.value)) is not None


def read(language: str, package: str) -> Catalog:
    """Return a package's catalogue; an empty one if it has none."""
    path = FOLDER / language / f"{package}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def packages() -> list[str]:
    """Return the packages that have a catalogue in any language."""
    return sorted({path.stem for path in FOLDER.glob("*/*.po")})


def keys() -> dict[str, str]:
    """Return the package of each key: an entry of the English catalogues."""
    return {str(entry.id): package for package in packages() for entry in read("en", package) if entry.id}


def update() -> None:
    """Add missing entries, remove unused ones, and compile."""
    wanted: dict[str, set[str]] = defaultdict(set)
    owner: dict[str, str] = {}
    for use in sorted(extract().uses, key=lambda each: (each.package, each.place)):
        wanted[owner.setdefault(use.template, use.package)].add(use.template)
    known = {
        str(entry.id): str(entry.string)
        for package in packages()
        for entry in read("tr", package)
        if entry.id and entry.string
    }
    for package in sorted({*wanted, *packages()}):
        texts = wanted[package] | {key for key, owning in keys().items() if owning == package}
        _write("tr", package, {text: known.get(text, "") for text in texts})
        _write("en", package, {str(entry.id): str(entry.string) for entry in read("en", package) if entry.id})
    compile_all()


def _write(language: str, package: str, texts: Mapping[str, str]) -> None:
    path = FOLDER / language / f"{package}.po"
    if not texts:
        path.unlink(missing_ok=True)
        return
    catalogue = Catalog(locale=language, header_comment=f"# Texts of {package}.", fuzzy=False)
    for text in sorted(texts):
        catalogue.add(text, texts[text])
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as stream:
        write_po(stream, catalogue, width=120, omit_header=True)


def compile_all() -> None:
    """Write one compiled catalogue for each language."""
    for language in ("en", "tr"):
        with (FOLDER / f"{language}.mo").open("wb") as stream:
            write_mo(stream, merged(language))


def merged(language: str) -> Catalog:
    """Return all entries of a language with a text."""
    # Dates of its own would make each compiled file differ.
    whole = Catalog(locale=language, fuzzy=False, creation_date=_BEGINNING, revision_date=_BEGINNING)
    for package in packages():
        for entry in read(language, package):
            if entry.id and entry.string:
                whole.add(entry.id, entry.string)
    return whole


def problems() -> list[str]:
    """Return everything that keeps the catalogue from being complete, one line each."""
    found = extract()
    english = {str(entry.id): str(entry.string) for package in packages() for entry in read("en", package) if entry.id}
    turkish = {str(entry.id): str(entry.string) for package in packages() for entry in read("tr", package) if entry.id}
    templates = {use.template: use.place for use in found.uses}
    out = list(found.dynamic)
    out += [f"{place}: no next_step" for place in found.no_next_step]
    for template, place in templates.items():
        if not turkish.get(template):
            out.append(f"{place}: not translated: {template!r}")
        elif placeholders(turkish[template]) != placeholders(english.get(template, template)):
            out.append(f"{place}: other placeholders in Turkish: {template!r}")
    out += [f"{key}: no Turkish text" for key in english if not turkish.get(key)]
    out += [
        f"{key}: other placeholders in Turkish"
        for key in english
        if turkish.get(key) and placeholders(turkish[key]) != placeholders(english[key])
    ]
    out += [
        f"{text!r}: in the Turkish catalogue and not in the code"
        for text in turkish
        if text not in templates and text not in english
    ]
    out += [f"{key}: in the code and not in the catalogue" for key in unknown_keys(english)]
    return out + [f"{key}: not used" for key in unused_keys(english)]


def unknown_keys(known: Mapping[str, str]) -> list[str]:
    """Return the keys that commands name as strings (``text("state")``) and that have no text."""
    found = set[str]()
    for path in (SOURCE / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="text") | ast.Attribute(attr="text"), args=[ast.Constant(value=str(key)), *_]
                ):
                    found.add(f"cli.{key}")
    return sorted(found - known.keys())


def unused_keys(known: Mapping[str, str]) -> list[str]:
    """Return the keys that the code does not name.

    A key is named by one string, or is made of parts: one part is a string with the dot at its end (``"gate.count."``),
    the other a string or an identifier, or two of them joined by an underscore.
    """
    strings: dict[str, set[str]] = defaultdict(set)
    names: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        package = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(text)):
                    strings[package].add(text)
                case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
                    names.add(name)
    everywhere = set().union(*strings.values())
    names |= everywhere
    found = []
    for key in known:
        package, _, rest = key.partition(".")
        named = strings[package] if package in _PREFIXED else everywhere
        spelled = rest if package in _PREFIXED else key
        if spelled not in named and not any(
            part in named and _is_made(other, names) for part, other in _halves(spelled)
        ):
            found.append(key)
    return found


def _halves(key: str) -> Iterator[tuple[str, str]]:
    """Yield each division of a key at a dot: the part with the dot, and the other part."""
    pieces = key.split(".")
    for count in range(1, len(pieces)):
        first, second = ".".join(pieces[:count]), ".".join(pieces[count:])
        yield f"{first}.", second
        yield f".{second}", first


def _is_made(part: str, names: set[str]) -> bool:
    """Return whether the code has a part of a key: whole, each of its pieces, or the two halves at an underscore."""
    if part in names or all(piece in names for piece in part.split(".")):
        return True
    words = part.split("_")
    halves = (("_".join(words[:count]), "_".join(words[count:])) for count in range(1, len(words)))
    return any({before, f"{before}_"} & names and {after, f"_{after}"} & names for before, after in halves)


def main() -> int:
    """Run the command of the first argument."""
    command = sys.argv[1] if len(sys.argv) > 1 else "check"
    if command == "update":
        update()
        return 0
    found = problems()
    sys.stdout.write("\n".join(found) + f"\n{len(found)} problems\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
