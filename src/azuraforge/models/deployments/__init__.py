"""Shadows and canaries: versions that answer next to an alias's holder."""
