"""Automations: causes, and the steps that follow them."""
