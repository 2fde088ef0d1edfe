"""Runs whose work happens in the caller's process, logged through a local journal."""
