"""Drift: comparison of a version's inputs and answers with those it learned from."""
