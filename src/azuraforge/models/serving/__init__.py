"""Loaded versions in children of their own."""
