"""Panels: the split of a table of several series, and its parts."""
