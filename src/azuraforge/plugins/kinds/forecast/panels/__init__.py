"""Panels: series in the rows of one table, and how they are cut and split."""
