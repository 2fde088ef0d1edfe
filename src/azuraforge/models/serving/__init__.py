"""Versions kept loaded in children of their own."""
