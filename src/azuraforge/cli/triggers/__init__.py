"""Commands for schedules, automations, notifications and the loop."""
