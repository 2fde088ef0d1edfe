"""Drift: comparison of a version's recent inputs, predictions and errors with its training rows and test set."""
