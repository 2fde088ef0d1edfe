"""HTTP to one platform: its address, one connection, lists page by page."""
