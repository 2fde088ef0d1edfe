"""Access to the platform: tokens and secrets."""
