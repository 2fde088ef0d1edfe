"""The schema's history. One tree for both dialects, in a version table of our own."""
