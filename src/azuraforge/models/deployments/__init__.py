"""Shadows and canaries: versions that answer alongside the version an alias points to."""
