"""Every example in a docstring of the engine runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

from azuraforge import engine

MODULES = ["azuraforge.engine", *(found.name for found in pkgutil.walk_packages(engine.__path__, "azuraforge.engine."))]


@pytest.mark.parametrize("name", [name for name in MODULES if ".backends.cpu" not in name])
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
