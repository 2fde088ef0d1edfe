"""Parser of filters, sort orders and lists of columns.

    filter     = and {OR and}
    and        = not {AND not}
    not        = NOT not | "(" filter ")" | condition
    condition  = field operator value | field [NOT] IN "(" value {"," value} ")" | "text"

A quoted text alone is a condition on the name.
"""

from __future__ import annotations

from dataclasses import dataclass

from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.runs.filters.fields import FIELDS, OPERATORS, PREFIXES, UNSORTED, Field, Operator
from azuraforge.runs.filters.naming import field_of
from azuraforge.runs.filters.tokens import Token, fault, tokens
from azuraforge.runs.filters.tree import Ago, All, Condition, Either, Filter, Not, Value
from azuraforge.runs.filters.values import value_of

#: Limits of one request.
MOST_CONDITIONS, MOST_DEPTH, MOST_COLUMNS, MOST_CURVES, MOST_SORTS = 50, 20, 60, 5, 3
_WORDS = ("AND", "OR", "NOT", "IN")


@dataclass(frozen=True)
class SortKey:
    """Field by which runs are sorted."""

    field: Field
    descending: bool


def parse_filter(text: str) -> Filter | None:
    """Return the tree of a filter; None if the text is blank. Raises InvalidInput with the position of a fault.

    Example:
        >>> parse_filter("seed = 1 OR pinned = true").parts[0].values
        (1.0,)
    """
    parser = _Parser(text)
    if parser.next.kind == "end":
        return None
    tree = parser.either(0)
    if parser.next.kind == ")":
        raise parser.wrong(Message("AND, OR or the end"))
    if parser.next.kind != "end":
        raise parser.wrong(Message("AND or OR"), ("AND", "OR"))
    return tree


def parse_sort(text: str) -> list[SortKey]:
    """Return the keys of a sort order such as ``-metrics.loss.min, name``. Raises InvalidInput for a fault."""
    keys = []
    for token in _listed(text, "sort", MOST_SORTS):
        descending = token.text.startswith("-")
        if descending:
            parts = (token.parts[0][1:], *token.parts[1:])
            token = Token(token.kind, token.text[1:], token.start + 1, token.end, parts, token.quoted)
        field = field_of(token, "sort")
        if field.kind == "curve" or field.name in UNSORTED:
            sortable = [name for name in FIELDS if name not in UNSORTED]
            raise fault(
                "sort",
                token.start,
                token.end,
                Message("a field by which runs can be sorted"),
                found=token.text,
                suggestions=[*sortable, "metrics.", "config."],
            )
        keys.append(SortKey(field, descending))
    return keys


def parse_columns(text: str) -> list[Field]:
    """Return the columns of a list such as ``config.lr, metrics.loss, curve.loss``. Raises InvalidInput for a fault."""
    fields = [_column(token) for token in _listed(text, "columns", MOST_COLUMNS)]
    if sum(field.kind == "curve" for field in fields) > MOST_CURVES:
        raise InvalidInput(
            "a list shows at most {most} curves",
            where="columns",
            next_step="remove a column that begins with curve.",
            most=MOST_CURVES,
        )
    return fields


def _column(token: Token) -> Field:
    field = field_of(token, "columns")
    if not field.path:  # every run of a list has these fields anyway
        prefixes = [f"{prefix}." for prefix in PREFIXES]
        expected = Message("a config field, a metric or a curve")
        raise fault("columns", token.start, token.end, expected, found=token.text, suggestions=prefixes)
    return field


def _listed(text: str, where: str, most: int) -> list[Token]:
    found: list[Token] = []
    waits = False
    for token in tokens(text, where):
        if token.kind == "end":
            if waits:
                raise fault(where, token.start, token.end, Message("a field"), unfinished=True)
        elif len(found) > 0 and not waits:
            if token.kind != ",":
                raise fault(where, token.start, token.end, Message("a comma"), found=token.text)
            waits = True
        else:
            found.append(token)
            waits = False
    if len(found) > most:
        raise InvalidInput(
            "{parameter} names {count} fields, more than {most}",
            where="{parameter}",
            next_step="remove some of them",
            parameter=where,
            count=len(found),
            most=most,
        )
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = tokens(text, "filter")
        self._at = 0
        self._conditions = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def take(self) -> Token:
        token = self.next
        self._at += token.kind != "end"
        return token

    def wrong(self, expected: Message, suggestions: tuple[str, ...] = ()) -> InvalidInput:
        token = self.next
        return fault(
            "filter",
            token.start,
            token.end,
            expected,
            found=token.text,
            suggestions=suggestions,
            unfinished=token.kind == "end",
        )

    def either(self, depth: int) -> Filter:
        parts = [self.all(depth)]
        while self.next.keyword("OR"):
            self.take()
            parts.append(self.all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self, depth: int) -> Filter:
        parts = [self.negation(depth)]
        while self.next.keyword("AND"):
            self.take()
            parts.append(self.negation(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negation(self, depth: int) -> Filter:
        if depth > MOST_DEPTH:
            raise InvalidInput(
                "the filter is nested more than {most} levels deep",
                where="filter",
                next_step="use fewer parentheses",
                most=MOST_DEPTH,
            )
        if self.next.keyword("NOT"):
            self.take()
            return Not(self.negation(depth + 1))
        if self.next.kind == "(":
            self.take()
            inside = self.either(depth + 1)
            if self.next.kind != ")":
                raise self.wrong(Message("AND, OR or a closing parenthesis"), ("AND", "OR", ")"))
            self.take()
            return inside
        return self.condition()

    def condition(self) -> Filter:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise InvalidInput(
                "the filter has more than {most} conditions",
                where="filter",
                next_step="use in (…) for several values of one field",
                most=MOST_CONDITIONS,
            )
        token = self.next
        if token.kind == "text":
            self.take()
            return Condition(FIELDS["name"], "~", (token.text,))
        if token.kind == "word" and token.text.upper() in _WORDS:
            raise self.wrong(Message("a field"))
        field = field_of(token, "filter")
        self.take()
        if field.kind == "curve":
            raise fault("filter", token.start, token.end, Message("a field"), found=token.text)
        if self.next.keyword("NOT"):
            self.take()
            if not self.next.keyword("IN"):
                raise self.wrong(Message("IN"), ("IN",))
            return Not(self._among(field))
        if self.next.keyword("IN"):
            return self._among(field)
        return self._compared(field)

    def _compared(self, field: Field) -> Condition:
        allowed = OPERATORS[field.kind]
        token = self.next
        operator = next((each for each in allowed if token.kind == "operator" and each == token.text), None)
        if operator is None:
            raise self.wrong(Message("an operator"), allowed)
        self.take()
        at = self.next
        value = value_of(at, field, "filter")
        self._check(field, operator, value, at)
        self.take()
        return Condition(field, operator, (value,))

    def _check(self, field: Field, operator: Operator, value: Value, at: Token) -> None:
        """Raise InvalidInput if the operator cannot compare the field with the value."""
        if isinstance(value, Ago) and operator in ("=", "!="):
            raise fault("filter", at.start, at.end, Message("a date such as 2026-11-01"), found=at.text)
        if operator in ("=", "!=") or (operator == "~" and isinstance(value, str)):
            return
        ordered = operator in ("<", "<=", ">", ">=") and value is not None and not isinstance(value, bool)
        if ordered and not (field.kind == "config" and isinstance(value, str)):
            return
        if operator == "~":
            if field.kind == "config" and isinstance(value, float | bool):
                return
            raise fault("filter", at.start, at.end, Message("a text"), found=at.text)
        raise fault("filter", at.start, at.end, Message("a number"), found=at.text)

    def _among(self, field: Field) -> Condition:
        if "in" not in OPERATORS[field.kind]:
            raise self.wrong(Message("an operator"), OPERATORS[field.kind])
        self.take()
        if self.next.kind != "(":
            raise self.wrong(Message("an opening parenthesis"), ("(",))
        self.take()
        values: list[Value] = []
        while True:
            values.append(value_of(self.next, field, "filter"))
            self.take()
            if len(values) > MOST_CONDITIONS * 10:
                raise self.wrong(Message("fewer values"))
            if self.next.kind == ")":
                self.take()
                return Condition(field, "in", tuple(values))
            if self.next.kind != ",":
                raise self.wrong(Message("a comma or a closing parenthesis"), (",", ")"))
            self.take()
