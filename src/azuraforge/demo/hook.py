"""Webhook receiver on this machine that checks each signature."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hook:
    """HTTP server on a free port of the loopback interface; it receives messages until it is closed.

    Attributes:
        secret: the key that the sender signs with.
        received: ids of the correctly signed messages. A sender that dies before it stores the response sends the
            message again under the same id.
        refused: number of requests without a correct signature.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(24)
        self.received: set[str] = set()
        self.refused = 0
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                hook._note(body, self.headers)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Suppress the log, since the demo writes to the terminal."""

        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """URL of the receiver."""
        return f"http://{self.address}/loop"

    def wait_for(self, count: int, seconds: float) -> None:
        """Wait until ``count`` messages are received, but at most ``seconds``."""
        until = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < until:
            time.sleep(0.05)

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()

    def _note(self, body: bytes, headers: Message) -> None:
        at, signature = headers.get("AzuraForge-Timestamp", ""), headers.get("AzuraForge-Signature", "")
        wanted = hmac.new(self.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        with self._lock:
            if hmac.compare_digest(signature, f"sha256={wanted}"):
                self.received.add(headers.get("Idempotency-Key", ""))
            else:
                self.refused += 1
