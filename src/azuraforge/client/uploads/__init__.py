"""Files that are sent to the platform or written here."""
