"""HTTP routes of what-if forecasts."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.requests import HTTPConnection

from azuraforge.bounds import Name
from azuraforge.models.scenarios.schemas import WhatIfOut, WhatIfRequest
from azuraforge.models.scenarios.service import WhatIf
from azuraforge.projects.access import Member
from azuraforge.waiting.turns import ask_in_turn

router = APIRouter(tags=["models"])


async def what_if_service(connection: HTTPConnection) -> WhatIf:
    service: WhatIf = connection.app.state.what_if
    return service


Service = Annotated[WhatIf, Depends(what_if_service)]


@router.post("/models/{name}/what-if")
async def ask_what_if(name: Name, body: WhatIfRequest, request: Request, access: Member, service: Service) -> WhatIfOut:
    """Forecast with changed columns known ahead, alongside the base forecast; nothing is stored in the ledger."""
    return await service.ask(access.project_id, name, body, partial(ask_in_turn, request, access.project_id))
