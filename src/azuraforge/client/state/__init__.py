"""The state of models: their loops now, and what was known on a past day."""
