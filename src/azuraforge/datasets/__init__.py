"""Datasets: fingerprinted, immutable versions of data read from files and sources."""
