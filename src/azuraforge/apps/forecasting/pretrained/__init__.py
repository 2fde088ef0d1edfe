"""Forecasters whose weights were trained elsewhere and are read from a folder of the administrator."""
