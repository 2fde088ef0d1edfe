"""Feeds of arriving rows, and learners that predict and learn row by row."""
