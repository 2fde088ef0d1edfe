"""Searches over configs; their trials are runs."""
