"""Collectors: runs that poll sources and fill feeds."""
