"""``python scheduler_process.py URL HOME``: a scheduler alone, until it is killed."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from azuraforge.database import Database
from azuraforge.server.packages import import_tables
from tests.automations.conftest import Stand


def main() -> None:
    import_tables()
    stand = Stand(Database(sys.argv[1]), Path(sys.argv[2]))
    stand.scheduler.start()
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
