"""Restore a backup once for each named crash point, in a process that is killed there.

Run as ``python -m tests.database.killed_restore <arguments as JSON>``: one interpreter imports everything, and every
restore is a fork of it. ``AZURAFORGE_CRASHPOINT`` must be set, so that crash points are live.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from azuraforge import crashpoints
from azuraforge.database.backups.service import Place, restore
from azuraforge.server.packages import import_tables


def kill_at(deaths: list[tuple[str, Place]], source: Path) -> set[int]:
    """Restore ``source`` to each place and die at its point; returns how the processes ended."""
    asked = [[point, place.url, place.owner_url] for point, place in deaths]
    command = [sys.executable, "-m", "tests.database.killed_restore", json.dumps({"source": str(source), "at": asked})]
    environment = {**os.environ, "AZURAFORGE_CRASHPOINT": "armed"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def main() -> None:
    import_tables()
    asked = json.loads(sys.argv[1])
    ends = []
    for point, url, owner_url in asked["at"]:
        if (child := os.fork()) == 0:
            crashpoints._NAME = point
            restore(Place(url, owner_url), Path(asked["source"]), replace=True)
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    main()
