"""Commands that preview files and print the contents of datasets."""
