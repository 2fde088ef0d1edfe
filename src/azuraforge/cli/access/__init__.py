"""Commands about who and what may reach the platform: links, tokens, secrets."""
