"""Previews of files before they are stored, and contents of stored versions."""
