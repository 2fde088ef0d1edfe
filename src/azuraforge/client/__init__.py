"""The Python client: httpx only."""


class Client:
    """Placeholder until the client's writer lands; replaced in the same day."""
