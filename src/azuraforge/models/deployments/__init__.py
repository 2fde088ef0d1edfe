"""Shadows and canaries: versions that answer requests alongside the version that an alias points to."""
