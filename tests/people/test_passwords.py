"""Rules for new passwords, and their hashes."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters

from azuraforge.errors import InvalidInput
from azuraforge.people import passwords

GOOD = "three purple anchors"


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "Password1234",
        "password!!!!!",
        "1qaz2wsx3edc",
        "JustinBieber",
        "aaaaaaaaaaaa",
        "ab9ab9ab9ab9",
        "kartalkartal",
        "123456789012",
        "210987654321",
        "qwertyuiopas",
        "abcdefghijklm",
        "ｐａｓｓｗｏｒｄ１２３４",  # full width, the same letters after NFKC
        "x" * 201,
    ],
)
def test_short_and_common_passwords_are_refused(password):
    with pytest.raises(InvalidInput) as refused:
        passwords.check_new(password)
    assert refused.value.error_code.startswith("password_too_")
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", [GOOD, "iki mor çıpa ve bir fincan", "zx81-atari-amiga", "ö" * 11 + "ä", "üü ö ää ß şş"]
)
def test_there_are_no_rules_for_characters(password):
    passwords.check_new(password)


def test_the_list_is_of_lower_case_passwords_and_states_its_source():
    lines = passwords._COMMON.read_text(encoding="utf-8").splitlines()
    assert "zxcvbn" in lines[0]
    assert "MIT" in lines[0]
    assert len(lines) > 9000
    assert all(line == line.casefold() for line in lines if not line.startswith("#"))


def test_a_hash_has_the_stated_parameters_and_matches_only_its_password():
    made = passwords.make_hash(GOOD)
    parameters = extract_parameters(made)
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)
    assert made.startswith("$argon2id$")
    assert passwords.matches(made, GOOD)
    assert not passwords.matches(made, GOOD + " ")
    assert not passwords.is_outdated(made)
    assert passwords.make_hash(GOOD) != made, "each has a salt of its own"


def test_letters_that_are_composed_differently_are_one_password():
    assert passwords.matches(passwords.make_hash("çıpa ve fincan"), "çıpa ve fincan")


def test_nobody_s_hash_matches_nothing(monkeypatch):
    monkeypatch.setattr(passwords, "_hash_of_nobody", lambda: passwords.make_hash(GOOD))
    assert not passwords.matches(None, GOOD)
    assert not passwords.matches("damaged", GOOD)


def test_a_hash_with_other_parameters_is_outdated():
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD))
