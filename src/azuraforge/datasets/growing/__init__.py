"""Arriving rows: added to a stored version, which makes the next one."""
