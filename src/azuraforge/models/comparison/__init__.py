"""Comparison of runs and of their models."""
