"""``python automation_process.py URL HOME PROJECT``: one look of an automation loop, or its death at a crash point."""

from __future__ import annotations

import sys
from pathlib import Path

from azuraforge.database import Database
from azuraforge.server.packages import import_tables
from tests.automations.triggers import Stand


def main() -> None:
    import_tables()
    stand = Stand(Database(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    stand.loop.tick()


if __name__ == "__main__":
    main()
