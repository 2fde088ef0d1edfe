"""Search spaces as they are written on the command line."""

from __future__ import annotations

import pytest

from azuraforge.cli.failures import USAGE, CommandError
from azuraforge.cli.parsing import spaces


class Words:
    """A terminal that says the name of what it would say."""

    def text(self, name, **_):
        return name


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("rate=0.0001..0.1:log", ("rate", {"low": 0.0001, "high": 0.1, "log": True})),
        ("size=16..64:16", ("size", {"low": 16, "high": 64, "step": 16})),
        ("layers=1..4", ("layers", {"low": 1, "high": 4})),
    ],
)
def test_ranges(told, found):
    assert spaces.span(Words(), told) == found


def test_a_list_of_lists_is_a_list_of_choices():
    assert spaces.choices(Words(), "size=16,32", "--grid") == ("size", {"choices": [16, 32]})
    assert spaces.choices(Words(), "channels=[[8],[8,16]]", "--grid") == ("channels", {"choices": [[8], [8, 16]]})


@pytest.mark.parametrize("told", ["rate", "rate=1", "rate=a..b", "=1..2", "rate=1..2:much"])
def test_what_is_no_range_is_refused(told):
    with pytest.raises(CommandError) as refused:
        spaces.span(Words(), told)
    assert refused.value.exit_code == USAGE


def test_an_empty_list_is_refused():
    with pytest.raises(CommandError):
        spaces.choices(Words(), "size=", "--choose")
