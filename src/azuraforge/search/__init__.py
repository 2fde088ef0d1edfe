"""Search for runs, studies, models and datasets of a project by name or the beginning of an id."""
