"""Migrations of the schema: one tree for both dialects. The version table has its own name (``VERSION_TABLE``)."""
