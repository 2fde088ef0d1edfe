"""``python automation_process.py URL HOME PROJECT [MESSAGE PORT]``: one look of an automation loop, or one message to a
receiver on that port; or the death at a crash point."""

from __future__ import annotations

import sys
from pathlib import Path

from azuraforge.automations.notifications import store
from azuraforge.automations.notifications.sender import Sender
from azuraforge.database import Database
from azuraforge.outgoing import Policy
from azuraforge.server.packages import import_tables
from tests.automations.triggers import Stand, call_here


def main() -> None:
    import_tables()
    stand = Stand(Database(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    if len(sys.argv) == 4:
        stand.loop.tick()
        return
    policy = Policy(allow=(f"127.0.0.1:{sys.argv[5]}",))
    sender = Sender(stand.database, stand.events, stand.secrets, call_here, "", policy)
    sender.send(store.Key(sys.argv[3], sys.argv[4]))


if __name__ == "__main__":
    main()
