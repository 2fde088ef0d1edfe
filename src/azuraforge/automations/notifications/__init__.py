"""Notifications: targets, the outbox, and the sender loop."""
