"""Secrets of a project: encrypted at rest, granted to children that declare them, never shown."""
