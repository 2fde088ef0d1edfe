"""``python scheduler_process.py URL HOME``: a scheduler alone, until it is killed."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from pathlib import Path

from azuraforge.database import Database
from azuraforge.server.packages import import_tables

HERE = Path(__file__).parent


def _conftest():
    spec = importlib.util.spec_from_file_location("automations_conftest", HERE.parent / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    import_tables()
    stand = _conftest().Stand(Database(sys.argv[1]), Path(sys.argv[2]))
    stand.scheduler.start()
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
