"""Rows that arrive: added to a stored version, which becomes the next one."""
