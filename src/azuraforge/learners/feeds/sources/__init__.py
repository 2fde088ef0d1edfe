"""Live sources that come with the platform."""
