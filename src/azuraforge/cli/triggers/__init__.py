"""Commands of what fires and notifies: schedules, automations, notifications."""
