"""Who and what may reach the platform: tokens and secrets."""
