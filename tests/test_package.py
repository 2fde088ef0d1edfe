"""Services are built once, when first needed, and closed in reverse; extension points collect from every package."""

from __future__ import annotations

import subprocess
import sys

import pytest

from azuraforge.package import Extension, Package, Service, Services

WORDS: Extension[str] = Extension("words")


def test_a_service_is_built_once_when_it_is_first_needed_and_closed_in_reverse():
    happened = []
    low = Service("low", lambda _: happened.append("low") or "low", close=lambda _: happened.append("low closed"))
    high = Service("high", lambda services: services[low] + "er", close=lambda _: happened.append("high closed"))
    unused = Service("unused", lambda _: happened.append("unused"), close=lambda _: happened.append("unused closed"))
    services = Services([Package("one", served={"unused": unused})], {})
    assert happened == []
    assert (services[high], services[high], services[low]) == ("lower", "lower", "low")
    services.close()
    services.close()
    assert happened == ["low", "high closed", "low closed"]


def test_a_supplied_service_replaces_the_recipe_and_a_missing_one_is_named():
    nameless, known = Service("dispatch"), Service("events", lambda _: "from the recipe")
    services = Services([], {known: lambda _: "supplied"})
    assert services[known] == "supplied"
    with pytest.raises(LookupError, match="supplies no dispatch"):
        services[nameless]


def test_services_that_need_each_other_are_named():
    one = Service("one", lambda services: services[two])
    two = Service("two", lambda services: services[one])
    with pytest.raises(LookupError, match="one → two → one"):
        Services([], {})[one]


def test_an_extension_point_collects_from_the_lowest_package_first_and_builds_each_item_once():
    built = []
    packages = [
        Package("low", contributions=(WORDS.add(lambda _: ["a", built.append(1) or "b"]),)),
        Package("high", contributions=(Extension("others").add(lambda _: ["x"]), WORDS.add(lambda _: ["c"]))),
    ]
    services = Services(packages, {})
    assert services.all(WORDS) == services.all(WORDS) == ["a", "b", "c"]
    assert built == [1]


def test_declarations_load_nothing_of_what_they_declare():
    code = "import sys, azuraforge.server.packages; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"fastapi", "azuraforge.runs.service", "azuraforge.models.service", "azuraforge.studies.service"}
    assert not heavy & set(found.stdout.split())
