"""Shadows and canaries: versions that answer alongside an alias's holder."""
