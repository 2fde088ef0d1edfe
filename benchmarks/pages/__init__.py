"""Measurements of the dashboard in a real browser; ``benchmarks.dashboard`` runs them."""
