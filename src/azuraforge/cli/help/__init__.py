"""Help and usage errors of commands in the language of the command."""
