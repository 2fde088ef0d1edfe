"""Serving of model versions, each loaded in its own child process."""
