"""AzuraForge: a self-hosted platform for models that keep learning."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Client", "__version__"]

if TYPE_CHECKING:
    from azuraforge.client import Client


def __getattr__(name: str) -> Any:
    # Lazy, so that ``import azuraforge.engine`` does not pull in httpx.
    if name == "Client":
        from azuraforge.client import Client

        return Client
    raise AttributeError(f"module 'azuraforge' has no attribute {name!r}")
