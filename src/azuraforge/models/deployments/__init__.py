"""Shadows and canaries: versions that answer beside an alias's holder."""
