"""An agent that does nothing for a while and reports when it began; it ends at once on request."""

import time
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from azuraforge.plugins import Agent


class WaiterRequest(BaseModel):
    """How long to wait."""

    seconds: float = Field(default=0.0, ge=0)


class Waiter(Agent):
    """Waits."""

    name: ClassVar = "waiter"
    capabilities: ClassVar = ("wait",)
    Request = WaiterRequest

    def execute(self, request: WaiterRequest) -> dict[str, Any]:
        """Note the moment, then wait."""
        began_at = time.time()
        self.context.progress(0, 1, "waiting")
        time.sleep(request.seconds)
        return {"began_at": began_at}
