"""HTTP access to a platform: address, connection and paged lists."""
