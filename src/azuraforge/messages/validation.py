"""Messages for pydantic's validation errors, by error type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, cast

from azuraforge.messages.catalogue import Message

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails  # imported for types only, because the command line starts without pydantic

_OR = re.compile(r" or (?=[^ ]+$|'[^']*'$)")


@cache
def templates() -> Mapping[str, Message]:
    """Return the messages by pydantic error type. Their placeholders are the keys of pydantic's error context.

    Types that cannot result from JSON input, such as ``callable_type``, are omitted.
    """
    an_object = Message("input should be an object")
    a_list = Message("input should be a valid list")
    an_integer = Message("input should be a valid integer")
    a_number = Message("input should be a valid number")
    a_boolean = Message("input should be true or false")
    a_date = Message("input should be a valid date, such as 2026-03-01")
    a_time = Message("input should be a valid time, such as 12:30:00")
    a_moment = Message("input should be a valid date and time, such as 2026-03-01T12:30:00Z")
    a_duration = Message("input should be a valid duration, such as P1DT12H or a number of seconds")
    a_url = Message("input should be a valid URL")
    a_uuid = Message("input should be a valid UUID")
    bytes_ = Message("input should be valid bytes")
    expected = Message("input should be {expected}")
    too_large = Message("input is too large for an integer")
    missing_argument = Message("missing required argument")
    unexpected_argument = Message("unexpected argument")
    nested = Message("input is nested too deeply or refers to itself")
    return {
        "missing": Message("field required"),
        "extra_forbidden": Message("extra inputs are not permitted"),
        "frozen_field": Message("this field cannot be changed"),
        "frozen_instance": Message("this object cannot be changed"),
        "invalid_key": Message("keys should be strings"),
        "none_required": Message("input should be null"),
        "recursion_loop": nested,
        "recursion_depth_exceeded": nested,
        "json_invalid": Message("invalid JSON: {error}"),
        "json_type": Message("JSON input should be a string or bytes"),
        # objects and lists
        **dict.fromkeys(
            (
                *("model_type", "model_attributes_type", "dataclass_type", "dataclass_exact_type", "dict_type"),
                *("frozen_dict_type", "ordered_dict_type", "counter_type", "mapping_type", "named_tuple_type"),
                "arguments_type",
            ),
            an_object,
        ),
        **dict.fromkeys(
            ("list_type", "deque_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), a_list
        ),
        "iteration_error": a_list,
        "set_item_not_hashable": Message("items of a set should be hashable"),
        "too_short": Message("input should have at least {min_length} [item|items], not {actual_length}"),
        "too_long": Message("input should have at most {max_length} [item|items]"),
        # numbers
        "greater_than": Message("input should be greater than {gt}"),
        "greater_than_equal": Message("input should be greater than or equal to {ge}"),
        "less_than": Message("input should be less than {lt}"),
        "less_than_equal": Message("input should be less than or equal to {le}"),
        "multiple_of": Message("input should be a multiple of {multiple_of}"),
        "finite_number": Message("input should be a finite number"),
        "bool_type": a_boolean,
        "bool_parsing": a_boolean,
        "int_type": an_integer,
        "int_parsing": an_integer,
        "int_parsing_size": too_large,
        "int_from_float": Message("input should be an integer, not a number with a fractional part"),
        **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), a_number),
        **dict.fromkeys(("complex_type", "complex_str_parsing", "fraction_type", "fraction_parsing"), a_number),
        "decimal_max_digits": Message("input should have at most {max_digits} [digit|digits]"),
        "decimal_max_places": Message(
            "input should have at most {decimal_places} [digit|digits] after the decimal point"
        ),
        "decimal_whole_digits": Message(
            "input should have at most {whole_digits} [digit|digits] before the decimal point"
        ),
        # texts and choices
        "string_type": Message("input should be a valid string"),
        "string_unicode": Message("input should be valid Unicode text"),
        "string_too_short": Message("input should have at least {min_length} [character|characters]"),
        "string_too_long": Message("input should have at most {max_length} [character|characters]"),
        "string_pattern_mismatch": Message("input should match the pattern {pattern}"),
        "string_not_ascii": Message("input should contain only ASCII characters"),
        "bytes_type": bytes_,
        "bytes_too_short": Message("input should have at least {min_length} [byte|bytes]"),
        "bytes_too_long": Message("input should have at most {max_length} [byte|bytes]"),
        "bytes_invalid_encoding": Message("input should be valid {encoding}: {encoding_error}"),
        "enum": expected,
        "literal_error": expected,
        "union_tag_invalid": Message("{discriminator} must be one of {expected_tags}"),
        "union_tag_not_found": Message("the field {discriminator} is missing; it selects the kind"),
        # times
        **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), a_date),
        "date_from_datetime_inexact": Message("input should be a date without a time of day"),
        "date_past": Message("input should be in the past"),
        "date_future": Message("input should be in the future"),
        "time_type": a_time,
        "time_parsing": a_time,
        **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_object_invalid"), a_moment),
        "datetime_from_date_parsing": a_moment,
        "datetime_past": Message("input should be in the past"),
        "datetime_future": Message("input should be in the future"),
        "timezone_naive": Message("input should have no time zone"),
        "timezone_aware": Message("input should have a time zone, such as Z or +03:00"),
        "timezone_offset": Message("input should have a UTC offset of {tz_expected} s, not {tz_actual} s"),
        "time_delta_type": a_duration,
        "time_delta_parsing": a_duration,
        # addresses and ids
        **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), a_url),
        "url_too_long": Message("the URL should have at most {max_length} [character|characters]"),
        "url_scheme": Message("the URL should start with {expected_schemes}"),
        "uuid_type": a_uuid,
        "uuid_parsing": a_uuid,
        "uuid_version": Message("input should be a UUID of version {expected_version}"),
        # arguments of functions, such as those of an agent's tools
        **dict.fromkeys(
            ("missing_argument", "missing_keyword_only_argument", "missing_positional_only_argument"), missing_argument
        ),
        **dict.fromkeys(("unexpected_keyword_argument", "unexpected_positional_argument"), unexpected_argument),
        "multiple_argument_values": Message("more than one value for an argument"),
        "assertion_error": Message("{error}"),
    }


def message_of(item: ErrorDetails) -> Message:
    """Return the message of one validation error.

    For an ``InvalidValue`` raised by a validator, it is that error's message. An unknown type keeps pydantic's English
    text.
    """
    context = cast("Mapping[str, object]", item.get("ctx") or {})
    own = getattr(context.get("error"), "sentence", None)
    if isinstance(own, Message):
        return own
    if (known := templates().get(item["type"])) is not None:
        values = {name: _value(name, value) for name, value in context.items()}
        if set(re.findall(r"\{(\w+)", known.template)) <= set(values):
            return replace(known, values=values)
    return Message("{problem}", {"problem": str(item["msg"]).removeprefix("Value error, ")})


def _value(name: str, value: object) -> object:
    """Return a value of an error's context: whole floats as integers, and lists of choices as a message."""
    if name in ("expected", "expected_schemes") and isinstance(value, str):
        *first, last = _OR.split(value, maxsplit=1)
        return Message("{choices} or {last}", {"choices": first[0], "last": last}) if first else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
