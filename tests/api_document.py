"""The API's document as it is stored for the dashboard: ``server/test_every_route.py`` compares it with the routes.

Generating it from the routes takes two seconds; tests that only read it read the file.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

STORED = Path(__file__).parents[1] / "dashboard" / "openapi.json"


@functools.cache
def api_document() -> dict[str, Any]:
    """Return the stored document, the same object for all tests of a process."""
    return json.loads(STORED.read_text())
