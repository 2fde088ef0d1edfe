"""Automations that keep a model fresh, set up together."""
