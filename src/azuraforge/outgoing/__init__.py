"""Guarded outgoing HTTP: the only way in which the platform and its sources fetch an address that a user names.

    from azuraforge.outgoing.client import open_client

    with open_client(policy) as client:
        answer = client.get("https://example.org/data.csv")

``Policy`` states which addresses may be reached; it is JSON, so that children receive it. See
``docs/decisions/0014-guarded-outgoing-requests.md``. The client is not imported here: children that send nothing
start without httpx.
"""

from azuraforge.outgoing.addresses import is_public
from azuraforge.outgoing.policy import Allowed, Policy

__all__ = ["Allowed", "Policy", "is_public"]
