"""Schedules; automations (when: an event, a time, a measure; then: steps); notifications."""
