"""Exponential smoothing: the recursion, and the estimation of its weights."""
