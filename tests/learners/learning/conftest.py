"""Learners on a small platform with real children; see ``tests/stand.py``."""

from tests.stand import launcher, make_stand

__all__ = ["launcher", "make_stand"]
