"""Notifications: targets, the outbox, and the loop that sends."""
