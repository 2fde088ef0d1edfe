"""A receiver of webhooks on loopback, and a sender to it."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from azuraforge.automations.needs import object_to_target
from azuraforge.automations.notifications import store
from azuraforge.automations.notifications.sender import Sender
from azuraforge.automations.notifications.service import NotificationService
from azuraforge.outgoing import Policy
from tests.automations.triggers import Stand, call_here

SECRET = "0123456789abcdef"


class Receiver:
    """An HTTP server that answers as it is asked to, and keeps what it got."""

    def __init__(self) -> None:
        self.status, self.hang_seconds = 200, 0.0
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                time.sleep(receiver.hang_seconds)
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Post:
    """A sender whose notifier runs in this process."""

    def __init__(self, stand: Stand, receiver: Receiver, **target: Any) -> None:
        self.stand = stand
        options = {"url": f"http://127.0.0.1:{receiver.port}/hook/token", "secret": SECRET}
        stand.target(options=options, **target)

        policy = Policy(allow=(f"127.0.0.1:{receiver.port}",))
        self.sender = Sender(stand.database, stand.events, stand.secrets, call_here, "", policy)
        self.service = NotificationService(stand.database, stand.events, None, stand.secrets, object_to_target)

    def put(self) -> str:
        return self.service.test(self.stand.project_id, "me").id

    def send(self, id_: str) -> bool:
        return self.sender.send(store.Key(self.stand.project_id, id_))

    def get(self, id_: str):
        return self.service.notification(self.stand.project_id, id_)

    def set(self, id_: str, **values: Any) -> None:
        def work(session: Any) -> None:
            store.change(session, store.notification(session, id_), **values)

        self.stand.database.write(self.stand.project_id, work)
