"""What stays for good in a serving process is not searched for garbage while requests wait."""

from __future__ import annotations

import json
import subprocess
import sys

SERVE = """
import gc, http.client, json, socket, threading
from azuraforge.platform.http import HttpServer

stays = [[number] for number in range(50_000)]

async def application(scope, receive, send):
    before = gc.get_stats()[2]["collections"]
    passing = [[number] for number in range(99_000)]
    told = {
        "frozen": gc.get_freeze_count(),
        "searched": len(gc.get_objects()),
        "full_searches": gc.get_stats()[2]["collections"] - before,
        "passing": len(passing),
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})

listener = socket.create_server(("127.0.0.1", 0))
server = HttpServer(application, listener, lambda: None)

def ask():
    server.wait_started()
    connection = http.client.HTTPConnection(*listener.getsockname())
    connection.request("GET", "/")
    print(connection.getresponse().read().decode())
    connection.close()
    server.should_exit = True

threading.Thread(target=ask).start()
server.run()
"""


def test_what_was_there_at_the_start_is_never_searched_and_everything_else_seldom():
    done = subprocess.run([sys.executable, "-c", SERVE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["frozen"] > 50_000
    assert told["searched"] < told["passing"] + 10_000, "what stays is among what is searched"
    assert told["full_searches"] == 0, "Python's own thresholds search everything at 70,000 new objects"
