"""A model as of a date: champion, forecast and data known at a past time, compared with the actual values."""
