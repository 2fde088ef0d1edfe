"""State of a model at a past time: champion, forecast and data, compared with the actual values."""
