"""Shortened ids in the body of a request."""

from __future__ import annotations

import pytest

from azuraforge.client.http.ids import whole_id


@pytest.mark.parametrize("given", ["abcdef", "abcdefgh…", "abcdefghijklmno…"])
def test_the_platform_completes_a_shortened_id(given):
    assert whole_id(given, str.upper) == given.upper()


def test_a_complete_id_is_not_looked_up():
    assert whole_id("abcdefghijklmnop", pytest.fail) == "abcdefghijklmnop"
