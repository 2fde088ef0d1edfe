"""Secrets of a project: encrypted at rest, granted to children that declare them, shown to nobody."""
