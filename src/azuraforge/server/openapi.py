"""``python -m azuraforge.server.openapi FILE``: write down the API as its routes declare it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from azuraforge.server.application import create_api


def document() -> str:
    """The OpenAPI document, stable from one build to the next."""
    return json.dumps(create_api().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
