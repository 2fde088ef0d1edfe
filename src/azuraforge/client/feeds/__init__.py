"""Feeds: numbered logs of arriving rows."""
