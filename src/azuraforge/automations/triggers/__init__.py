"""Automations: what is awaited, and the steps that follow."""
