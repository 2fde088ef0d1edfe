"""Secrets of a project: encrypted in the database, passed to children that declare them, never shown."""
