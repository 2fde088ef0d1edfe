"""A small platform around the real launcher; see ``tests/stand.py``."""

from tests.stand import launcher, make_stand, stand

__all__ = ["launcher", "make_stand", "stand"]
