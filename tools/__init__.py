"""Tools for developers, run from the checkout."""
