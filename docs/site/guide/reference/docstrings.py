"""Markdown of a class or a function from its signature and its docstring in Google's style."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from griffe import Docstring, DocstringSectionKind

from guide.reference.tables import code, prose, sentence, table

_WIDTH = 88
_KEYWORD, _POSITIONAL = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_POSITIONAL
#: A docstring that a dataclass or a protocol gets from Python says nothing.
_MADE = re.compile(r"^\w+\(.*\)$", re.S)


def documented(each: type, level: int, *, shown: str = "", signature: bool = True, inherited: bool = False) -> str:
    """Return a class: its signature, text and fields, and a heading for each public method.

    Args:
        level: of the headings of its methods.
        shown: what stands in front of a method's name in its heading.
        signature: whether its constructor is shown.
        inherited: whether the methods of its base classes are shown before its own.
    """
    parts = []
    fields = _fields(each)
    if signature and not fields and "__init__" in vars(each) and not getattr(each, "_is_protocol", False):
        made = inspect.signature(each).replace(return_annotation=inspect.Signature.empty)
        parts.append(_block(each.__name__, made))
    parts.append(text(each.__doc__))
    parts.append(table(("Field", "Type", "Default"), fields))
    bases = [base for base in reversed(each.__mro__) if base is not object] if inherited else [each]
    for name, member in {name: member for base in bases for name, member in vars(base).items()}.items():
        found = _function(member)
        if name.startswith("_") or found is None:
            continue
        parts.append(f"{'#' * level} {shown}{name}{'' if isinstance(member, property) else '()'}")
        parts.append(function(name, found, prefix="@property\n" if isinstance(member, property) else ""))
    return "\n\n".join(part for part in parts if part)


def function(name: str, found: Callable[..., Any], prefix: str = "") -> str:
    """Return a function or method: its signature and its text."""
    return "\n\n".join([_block(name, inspect.signature(found), prefix), text(found.__doc__)])


def _function(member: object) -> Callable[..., Any] | None:
    if isinstance(member, property):
        return member.fget
    if isinstance(member, classmethod | staticmethod):
        member = member.__func__
    return member if inspect.isfunction(member) else None


def _fields(each: type) -> list[tuple[str, str, str]]:
    """Return the fields of a dataclass, a named tuple or a Pydantic model, with types as they are written."""
    if dataclasses.is_dataclass(each):
        return [
            (code(field.name), code(field.type), _default(field)) for field in dataclasses.fields(each) if field.repr
        ]
    if not issubclass(each, tuple) and not hasattr(each, "model_fields"):
        return []
    annotations = {
        name: kind for name, kind in vars(each).get("__annotations__", {}).items() if not name.startswith("_")
    }
    return [(code(name), code(kind), "") for name, kind in annotations.items() if not str(kind).startswith("ClassVar")]


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return code(repr(field.default))
    return code(f"{getattr(field.default_factory, '__name__', '…')}()") if callable(field.default_factory) else ""


def _block(name: str, signature: inspect.Signature, prefix: str = "") -> str:
    """Return a signature as code, one parameter a line where it is long."""
    parts: list[str] = []
    for each in signature.parameters.values():
        if each.name in ("self", "cls"):
            continue
        if each.kind is _KEYWORD and "*" not in parts and not any(part.startswith("*") for part in parts):
            parts.append("*")
        parts.append(_parameter(each))
    returned = "" if signature.return_annotation is signature.empty else f" -> {_name(signature.return_annotation)}"
    line = f"{name}({', '.join(parts)}){returned}"
    if len(line) > _WIDTH:
        line = f"{name}(\n" + "".join(f"    {each},\n" for each in parts) + f"){returned}"
    return f"```python\n{prefix}{line}\n```"


def _parameter(each: inspect.Parameter) -> str:
    stars = "*" if each.kind is _POSITIONAL else "**" if each.kind is inspect.Parameter.VAR_KEYWORD else ""
    kind = "" if each.annotation is each.empty else f": {_name(each.annotation)}"
    default = "" if each.default is each.empty else f" = {each.default!r}"
    return f"{stars}{each.name}{kind}{default}"


def _name(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def text(docstring: str | None) -> str:
    """Return a docstring as Markdown."""
    if not docstring or _MADE.match(docstring):
        return ""
    parts: list[str] = []
    for section in Docstring(inspect.cleandoc(docstring)).parse("google", warnings=False):
        value: Any = section.value
        match section.kind:
            case DocstringSectionKind.text:
                parts += _paragraphs(value)
            case DocstringSectionKind.parameters | DocstringSectionKind.attributes:
                parts.append(
                    table(("Name", "Meaning"), [(code(each.name), sentence(each.description)) for each in value])
                )
            case DocstringSectionKind.raises:
                raised = [f"- {code(each.annotation)}: {prose(' '.join(each.description.split()))}" for each in value]
                parts.append("**Raises**\n\n" + "\n".join(raised))
            case DocstringSectionKind.returns | DocstringSectionKind.yields:
                parts.append("**Returns** " + " ".join(prose(each.description) for each in value))
            case DocstringSectionKind.admonition:
                parts.append(
                    f"```python\n{value.contents.strip()}\n```" if ">>>" in value.contents else prose(value.contents)
                )
            case DocstringSectionKind.examples:
                parts += [
                    f"```python\n{each}\n```" if kind.value == "examples" else prose(each) for kind, each in value
                ]
            case _:
                raise ValueError(
                    f"a docstring has a section of the kind {section.kind.value}, which has no form here: {docstring}"
                )
    return "\n\n".join(part for part in parts if part)


def _paragraphs(body: str) -> Iterator[str]:
    """Yield the paragraphs of a text; what is indented, after ``::`` or not, is code."""
    for block in re.split(r"\n\s*\n", body):
        if block.startswith((" ", ">>>")):
            yield f"```python\n{inspect.cleandoc(block)}\n```"
        elif block.strip() not in ("Example::", "Example:"):
            lines = prose(block).removesuffix("::")
            # A list or a table of the docstring keeps its lines.
            yield lines if "\n-" in lines or lines.startswith("-") else " ".join(lines.split())
