"""Reference of the errors: classes with their HTTP status, and every code with the sentences that carry it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import azuraforge
from azuraforge import errors
from azuraforge.messages import Code, Message
from azuraforge.messages.stored import in_language
from guide.reference.tables import BREAK, code, sentence, table

_SOURCES = Path(azuraforge.__file__).parent
_CLASSES = {
    name: each
    for name, each in vars(errors).items()
    if isinstance(each, type) and issubclass(each, errors.AzuraError) and each is not errors.AzuraError
}
_WORDS = {
    "en": {
        "statuses": ("Code", "HTTP status", "When"),
        "codes": ("Code", "HTTP status", "Message"),
        "classes": "Codes by status",
        "special": "Special codes",
    },
    "tr": {
        "statuses": ("Kod", "HTTP durumu", "Ne zaman"),
        "codes": ("Kod", "HTTP durumu", "İleti"),
        "classes": "Duruma göre kodlar",
        "special": "Özel kodlar",
    },
}
#: What each class means, for a reader of the API.
_MEANINGS = {
    "UserError": {"en": "the request is wrong", "tr": "istek hatalı"},
    "InvalidInput": {
        "en": "a file, a configuration or a value is not valid",
        "tr": "bir dosya, yapılandırma ya da değer geçersiz",
    },
    "NotFound": {
        "en": "it does not exist, or it belongs to another project",
        "tr": "böyle bir şey yok ya da başka bir projeye ait",
    },
    "Conflict": {"en": "its present state does not allow the request", "tr": "şu anki durumu isteğe izin vermiyor"},
    "Unauthorized": {
        "en": "the token or session is missing or not valid",
        "tr": "jeton ya da oturum yok veya geçersiz",
    },
    "Forbidden": {"en": "the token or session may not do this", "tr": "jetonun ya da oturumun buna yetkisi yok"},
    "TooManyRequests": {
        "en": "too many attempts; `Retry-After` says when to try again",
        "tr": "çok fazla deneme yapıldı; yeniden deneme zamanını `Retry-After` bildirir",
    },
    "TransientError": {
        "en": "try again later; `Retry-After` says when",
        "tr": "daha sonra yeniden deneyin; `Retry-After` süreyi bildirir",
    },
    "StorageError": {"en": "the disk is full, read-only or broken", "tr": "disk dolu, salt okunur ya da bozuk"},
}


class Raised(NamedTuple):
    """One place that raises or answers an error with a code of its own."""

    status: int
    code: str
    message: str


def generate(language: Code) -> str:
    """Return two tables: the classes of errors, and the codes that say more than their class."""
    words = _WORDS[language]
    classes = [
        (code(each.code), str(each.status), sentence(_MEANINGS[name][language])) for name, each in _CLASSES.items()
    ]
    by_code: dict[tuple[str, int], list[str]] = defaultdict(list)
    for raised in found():
        by_code[raised.code, raised.status].append(in_language(Message(raised.message), language))
    codes = [
        (code(name), str(status), BREAK.join(code(each) for each in dict.fromkeys(messages)))
        for (name, status), messages in sorted(by_code.items())
    ]
    return "\n".join([
        f"## {words['classes']}\n", table(words["statuses"], classes),
        f"## {words['special']}\n", table(words["codes"], codes),
    ])  # fmt: skip


def found() -> Iterator[Raised]:
    """Yield the errors with a code of their own, by file and line."""
    for path in sorted(_SOURCES.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "code=" not in text and "problem(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from _stated(node.func.id, node)


def _stated(name: str, call: ast.Call) -> Iterator[Raised]:
    """Yield the error of a call: ``Conflict("…", code="ended")``, or ``problem(413, "…", "too_large")``."""
    codes = [each.value for each in call.keywords if each.arg == "code"] if name in _CLASSES else call.args[2:3]
    if not codes or not isinstance(codes[0], ast.Constant) or not call.args:
        return
    if name in _CLASSES:
        yield Raised(_CLASSES[name].status, str(codes[0].value), _template(call.args[0]))
    elif name == "problem" and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, int):
        yield Raised(call.args[0].value, str(codes[0].value), _template(call.args[1]))


def _template(node: ast.expr) -> str:
    """Return a message with its values as placeholders."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(each) for each in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left) + _template(node.right)
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    name = inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else "…"
    return f"{{{name}}}"
