"""State of models: their loops, and their state at a past time."""
