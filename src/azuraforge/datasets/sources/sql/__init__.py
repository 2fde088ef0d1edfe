"""Source that reads a database with one read-only query and continues after the last value of its cursor column."""
