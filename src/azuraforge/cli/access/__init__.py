"""Commands for access to the platform: links, tokens, secrets."""
