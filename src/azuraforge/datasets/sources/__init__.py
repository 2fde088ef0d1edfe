"""Built-in sources of datasets."""
