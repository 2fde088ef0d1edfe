"""The notifier ``apprise`` against a real SMTP server on loopback; each message is sent by a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import ValidationError

from azuraforge.automations.needs import object_to_target
from azuraforge.automations.notifications import store
from azuraforge.automations.notifications.messengers import MessengerOptions
from azuraforge.automations.notifications.retention import NotificationBin
from azuraforge.automations.notifications.sender import Sender
from azuraforge.automations.notifications.service import NotificationService
from azuraforge.errors import AzuraError, InvalidInput, TransientError
from azuraforge.outgoing import Policy
from azuraforge.projects.schemas import RetentionPolicy
from tests.automations.triggers import Stand

#: Apprise imports a module of the standard library that 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")

_CHILD = """
import json, sys
from types import SimpleNamespace
from azuraforge.automations.notifications.child import send
from azuraforge.errors import AzuraError
try:
    send(SimpleNamespace(payload=json.load(sys.stdin)))
except AzuraError as error:
    print(json.dumps([type(error).__name__, error.message, error.error_code]))
else:
    print("null")
"""


def call_apart(entry: str, payload: Any, result: Any, timeout_seconds: float) -> None:
    """Send in a process of its own, as the launcher does: confinement cannot be taken back."""
    asked = json.dumps(payload)
    done = subprocess.run([sys.executable, "-c", _CHILD], input=asked, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "pass-word" not in done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    if found is not None:
        raise {"TransientError": TransientError, "InvalidInput": InvalidInput}[found[0]](found[1], code=found[2])


class Mailbox:
    """Takes mail, or answers what ``answer`` says to each message."""

    def __init__(self) -> None:
        self.answer = "250 OK"
        self.got: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.got.append(envelope.content.decode())
        return self.answer


@pytest.fixture
def mailbox():
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.port = server.port
    yield box
    server.stop()


@pytest.fixture
def stand(database, project_id, tmp_path):
    return Stand(database, tmp_path / "home", project_id)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Mail:
    """A sender to a mail server on loopback, with a second target for messages that do not arrive."""

    def __init__(self, stand: Stand, port: int, allow: str = "127.0.0.1") -> None:
        self.stand = stand
        stand.target("second")
        url = (
            f"mailto://anna:pass-word@127.0.0.1:{port}?from=forge@example.org&to=team@example.org&mode=insecure&auth=no"
        )
        url = f"mailto://127.0.0.1:{port}?from=forge@example.org&to=team@example.org&user=&pass="
        options = {"url": url}
        stand.target("mail", notifier="apprise", options=options)
        self.sender = Sender(stand.database, stand.events, stand.secrets, call_apart, "", Policy(allow=(allow,)))
        self.service = NotificationService(stand.database, stand.events, None, stand.secrets, object_to_target)

        def escalate(session: Any) -> None:
            second = store.target(session, "second")
            store.change(session, store.target(session, "mail"), escalate_to=second.id, escalate_after_seconds=60)

        stand.database.write(stand.project_id, escalate)

    def try_once(self, id_: str | None = None) -> Any:
        id_ = id_ or self.service.test(self.stand.project_id, "mail").id
        self.sender.send(store.Key(self.stand.project_id, id_))
        return self.get(id_)

    def get(self, id_: str) -> Any:
        return self.service.notification(self.stand.project_id, id_)

    def row(self, id_: str) -> Any:
        with self.stand.database.read(self.stand.project_id) as session:
            return store.notification(session, id_)

    def set(self, id_: str, **values: Any) -> None:
        def work(session: Any) -> None:
            store.change(session, store.notification(session, id_), **values)

        self.stand.database.write(self.stand.project_id, work)


def test_a_message_arrives_as_mail(stand: Stand, mailbox: Mailbox):
    found = Mail(stand, mailbox.port).try_once()
    assert found.state == "sent", found.error
    (mail,) = mailbox.got
    assert "Subject: AzuraForge: test" in mail
    assert "This is a test message. The target works." in mail


def test_a_server_that_refuses_for_now_is_tried_again_and_one_that_refuses_is_not(stand: Stand, mailbox: Mailbox):
    mailbox.answer = "451 try later"
    mail = Mail(stand, mailbox.port)
    found = mail.try_once()
    assert (found.state, found.attempts) == ("waiting", 1)
    assert found.next_at > found.created_at + timedelta(seconds=4)
    assert "its last status was 451" in found.error
    mailbox.answer = "554 no"
    mail.set(found.id, next_at=found.created_at)
    again = mail.try_once(found.id)
    assert (again.state, again.attempts) == ("failed", 2)
    assert again.error == "E-Mail responded with status 554"
    assert mailbox.got == []


def test_a_server_that_is_away_or_hangs_is_tried_again_and_escalated(stand: Stand):
    mail = Mail(stand, free_port())
    found = mail.try_once()
    assert (found.state, found.error) == ("waiting", "E-Mail cannot be reached")
    assert mail.row(found.id).escalate_at == mail.row(found.id).first_try_at + timedelta(seconds=60)
    mail.set(found.id, escalate_at=found.created_at)
    mail.sender.tick()
    assert mail.get(found.id).escalated_at is not None
    assert mail.get(found.id).state == "waiting"
    assert {each.target for each in mail.service.list(stand.project_id).items} == {"mail", "second"}


def test_an_address_that_may_not_be_reached_is_refused_at_once(stand: Stand, mailbox: Mailbox):
    found = Mail(stand, mailbox.port, allow="10.0.0.0/8").try_once()
    assert found.state == "failed"
    assert "the address is not public" in found.error
    assert mailbox.got == []


def test_a_hook_of_another_service_goes_through_the_same_door(stand: Stand):
    """``json://`` opens its connection by itself; only the policy of the process holds it back."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=lambda: server.accept(), daemon=True).start()
    url = f"json://user:pass-word@127.0.0.1:{server.getsockname()[1]}/hook"
    payload = {"notifier": "apprise", "options": {"url": url}, "plugins_folder": "", "outgoing": Policy().to_json()}
    message = {"id": "1", "title": "t", "text": "x", "data": {}, "count": 1, "language": "en"}
    payload["message"] = {**message, "at": "2026-01-01T00:00:00Z"}
    with pytest.raises(AzuraError, match="the address is not public"):
        call_apart("", payload, None, 60)
    server.close()


@pytest.mark.parametrize("url", ["nothing://at-all-pass-word", "syslog://pass-word", "pass-word", "mailto://"])
def test_what_is_no_address_is_refused_without_repeating_it(url: str):
    with pytest.raises(ValidationError) as raised:
        MessengerOptions(url=url)
    assert "pass-word" not in raised.value.errors(include_input=False)[0]["msg"]


def test_only_the_kind_of_service_is_shown():
    options = MessengerOptions(url="mailtos://anna:pass-word@example.org?to=team@example.org")
    assert options.model_dump(mode="json") == {"url": "mailtos://…"}


def test_old_messages_are_purged_and_those_that_are_tried_stay(stand: Stand):
    mail = Mail(stand, free_port())
    old, tried, new = (mail.service.test(stand.project_id, "mail").id for _ in range(3))
    long_ago = mail.get(old).created_at - timedelta(days=31)
    mail.set(old, created_at=long_ago, state="sent", next_at=None)
    mail.set(tried, created_at=long_ago)
    kept = NotificationBin(stand.database, 30)
    kept.expire(stand.project_id, RetentionPolicy())
    assert {each.id for each in mail.service.list(stand.project_id).items} == {tried, new}
    assert kept.purge(stand.project_id, None).counts["notifications"] == 1
