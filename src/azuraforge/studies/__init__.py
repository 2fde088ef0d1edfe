"""Studies: searches over configs whose trials are runs."""
