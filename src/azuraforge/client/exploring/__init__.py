"""Previews of files before they are stored, and the contents of stored versions."""
