"""Panels: the split of several series in one table, and the parts of them."""
