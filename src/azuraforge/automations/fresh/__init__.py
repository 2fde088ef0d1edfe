"""Sets of automations that keep a model fresh."""
