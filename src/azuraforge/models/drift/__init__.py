"""Drift: comparison of a version's inputs and predictions with those at training."""
