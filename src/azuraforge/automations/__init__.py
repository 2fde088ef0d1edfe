"""Schedules, automations (steps that follow an event, a time or a measured value) and notifications."""
