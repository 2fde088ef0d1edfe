"""A model as it was known on a day: champion, forecast and data of a past moment, over what then happened."""
