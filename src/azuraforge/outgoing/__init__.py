"""Guarded outgoing HTTP: the only way in which the platform and its sources fetch addresses that users specify.

    from azuraforge.outgoing.client import open_client

    with open_client(policy) as client:
        answer = client.get("https://example.org/data.csv")

``Policy`` states which addresses may be reached; it can be sent to child processes as JSON. See
``docs/decisions/0014-guarded-outgoing-requests.md``. The client is not imported here, so that child processes that send
no requests start without httpx.
"""

from azuraforge.outgoing.addresses import is_public
from azuraforge.outgoing.policy import Allowed, Policy

__all__ = ["Allowed", "Policy", "is_public"]
