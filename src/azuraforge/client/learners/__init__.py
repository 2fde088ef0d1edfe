"""Learners: models that learn row by row from a feed."""
