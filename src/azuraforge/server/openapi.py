"""``python -m azuraforge.server.openapi FILE``: write the OpenAPI document of the routes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from azuraforge.server.application import create_api


def document() -> str:
    """Return the OpenAPI document as JSON; the same code always returns the same text."""
    return json.dumps(create_api().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
