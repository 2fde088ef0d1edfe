"""Rows of a database, by one read-only query with a column that grows."""
