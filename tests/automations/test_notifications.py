"""Messages through a real receiver on loopback that misbehaves."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from azuraforge.automations.notifications import store
from azuraforge.automations.notifications.sender import GIVE_UP_AFTER
from azuraforge.automations.notifications.tables import Notification, NotificationTarget
from azuraforge.automations.notifications.webhook import Webhook, WebhookOptions
from azuraforge.database import seconds_from_now
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.outgoing import Policy
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.testing import check_notifier
from tests.automations.receiving import SECRET, Post
from tests.automations.triggers import Stand


@pytest.fixture
def stand(database, project_id, tmp_path):
    return Stand(database, tmp_path / "home", project_id)


def test_a_webhook_is_signed_and_sent_once(stand, receiver):
    post = Post(stand, receiver, language="tr")
    id_ = post.put()
    assert post.send(id_)
    assert not post.send(id_)  # it was sent
    ((headers, body),) = receiver.got
    signed = f"{headers['AzuraForge-Timestamp']}.".encode() + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["AzuraForge-Signature"] == f"sha256={expected}"
    assert headers["Idempotency-Key"] == json.loads(body)["id"] == id_
    assert json.loads(body)["title"] == "AzuraForge: deneme"
    assert post.get(id_).state == "sent"


def test_a_target_that_answers_500_is_tried_again_and_fails_after_a_day(stand, receiver):
    post = Post(stand, receiver)
    receiver.status = 500
    id_ = post.put()
    assert not post.send(id_)
    found = post.get(id_)
    assert (found.state, found.attempts, found.error) == ("waiting", 1, "127.0.0.1 responded with status 500")
    assert found.next_at - found.created_at > timedelta(seconds=4)
    assert not post.send(id_)
    assert len(receiver.got) == 1  # its pause is not over
    post.set(id_, next_at=seconds_from_now(-1), first_try_at=seconds_from_now(-GIVE_UP_AFTER.total_seconds() - 1))
    post.send(id_)
    assert post.get(id_).state == "failed"
    assert [body["id"] for body in (json.loads(body) for _, body in receiver.got)] == [id_, id_]
    failed = [e.data for e in stand.events.read(stand.project_id, "project") if e.type == "notification.failed"]
    assert [(each["target"], each["reason"]) for each in failed] == [("me", "127.0.0.1 responded with status 500")]


@pytest.mark.parametrize(("status", "state"), [(404, "failed"), (302, "failed"), (429, "waiting"), (204, "sent")])
def test_what_an_answer_means(stand, receiver, status, state):
    post = Post(stand, receiver)
    receiver.status = status
    id_ = post.put()
    post.send(id_)
    assert post.get(id_).state == state


def test_a_target_that_hangs_or_is_away_is_tried_again(stand, receiver, monkeypatch):
    post = Post(stand, receiver)
    opened = Webhook.http_client
    monkeypatch.setattr(Webhook, "http_client", lambda self: opened(self, timeout_seconds=0.2))
    receiver.hang_seconds = 1
    id_ = post.put()
    post.send(id_)
    assert (post.get(id_).state, post.get(id_).error) == ("waiting", "127.0.0.1 did not answer in time")
    receiver.close()
    post.set(id_, next_at=seconds_from_now(-1))
    post.send(id_)
    assert post.get(id_).error == "127.0.0.1 cannot be reached: ConnectError"
    assert "token" not in post.get(id_).error


def test_a_private_address_is_refused_at_once(stand, receiver):
    post = Post(stand, receiver)
    post.sender._outgoing = Policy().to_json()
    id_ = post.put()
    post.send(id_)
    assert post.get(id_).state == "failed"
    assert receiver.got == []


def test_messages_of_one_automation_are_grouped_within_the_window(stand, receiver):
    post = Post(stand, receiver, group_seconds=300)
    stand.create(steps=[{"do": "notify", "to": ["me"], "text": "Look."}], cool_down_seconds=0)
    stand.happen()
    stand.loop.tick()
    assert post.send(post.service.list(stand.project_id).items[0].id)
    for _ in range(3):
        stand.happen()
        stand.loop.tick()
    found = post.service.list(stand.project_id).items
    assert [(each.count, each.state) for each in found] == [(3, "waiting"), (1, "sent")]
    assert found[0].next_at - found[1].created_at == timedelta(seconds=300)
    assert found[0].text == "Look.\nThis message covers 3 causes."


def test_a_silenced_target_gets_nothing(stand, receiver):
    post = Post(stand, receiver, silenced_until=stand.database.clock() + timedelta(hours=1))
    id_ = post.put()
    assert post.get(id_).state == "silenced"
    assert not post.send(id_)
    assert receiver.got == []


def test_a_message_that_nobody_acknowledges_goes_to_the_second_target(stand, receiver):
    def escalate(post: Post) -> None:
        def work(session: Any) -> None:
            second = NotificationTarget(
                project_id=stand.project_id,
                name="chief",
                notifier="webhook",
                shown_options={},
                language="en",
                group_seconds=0,
            )
            store.add(session, second)
            store.change(session, store.target(session, "me"), escalate_to=second.id, escalate_after_seconds=60)

        stand.database.write(stand.project_id, work)

    post = Post(stand, receiver)
    escalate(post)
    seen, unseen = post.put(), post.put()
    post.send(seen)
    post.send(unseen)
    post.service.acknowledge(stand.project_id, seen)
    post.set(unseen, escalate_at=seconds_from_now(-1))
    post.sender._stopping.set()  # nothing more is sent
    post.sender.tick()
    post.sender.tick()
    found = [each.target for each in post.service.list(stand.project_id).items]
    assert sorted(found) == ["chief", "me", "me"]
    assert post.get(unseen).escalated_at is not None
    assert post.get(seen).escalated_at is None


def test_a_target_that_an_automation_uses_is_not_deleted(stand, receiver):
    post = Post(stand, receiver)
    stand.create("tell", steps=[{"do": "notify", "to": ["me"]}])
    with pytest.raises(Conflict, match="automation 'tell' uses target 'me'"):
        post.service.delete(stand.project_id, "me")
    stand.service.delete(stand.project_id, "tell")
    post.service.delete(stand.project_id, "me")
    assert post.service.targets(stand.project_id).items == []


def test_a_secret_that_cannot_be_used_is_not_in_the_error():
    for options in ({"url": "https://x.org/T0", "secret": "brief"}, {"url": "ftp://x.org/brief"}, {"url": ["brief"]}):
        with pytest.raises(InvalidInput) as raised:
            parse_config(WebhookOptions, options, "webhook")
        assert "brief" not in str(raised.value)


def test_secrets_are_masked():
    made = WebhookOptions.model_validate({"url": "https://hooks.example.org/T0/secret-part", "secret": SECRET})
    shown = made.model_dump(mode="json")
    assert shown == {"url": "https://hooks.example.org/…", "secret": "**********"}
    assert SECRET not in repr(made)
    assert "secret-part" not in repr(made)


def test_a_claimed_message_belongs_to_one_sender(stand, receiver):
    post = Post(stand, receiver)
    id_ = post.put()
    key = store.Key(stand.project_id, id_)
    claim = stand.database.write(stand.project_id, lambda session: post.sender._claim(session, key))
    assert not post.send(id_)  # claimed by another
    post.set(id_, next_at=seconds_from_now(-1))  # which was not heard of again
    assert post.send(id_)
    stand.database.write(stand.project_id, lambda session: post.sender._record(session, claim, None))
    assert len(receiver.got) == 1
    with stand.database.read(stand.project_id) as session:
        assert session.get(Notification, (stand.project_id, id_)).attempts == 2


def test_the_webhook_keeps_the_contract_of_notifiers(receiver):
    options = {"url": f"http://127.0.0.1:{receiver.port}/T0/secret-part", "secret": SECRET}
    policy = Policy(allow=(f"127.0.0.1:{receiver.port}",))
    assert check_notifier(Webhook, options, outgoing=policy) is None
    receiver.status = 500
    assert check_notifier(Webhook, options, outgoing=policy).startswith("127.0.0.1 responded with status 500 (webhook)")


def test_a_sender_that_was_overtaken_records_nothing(stand, receiver):
    post = Post(stand, receiver)
    id_ = post.put()
    key = store.Key(stand.project_id, id_)

    def claim():
        return stand.database.write(stand.project_id, lambda session: post.sender._claim(session, key))

    def record(of) -> bool:
        return stand.database.write(stand.project_id, lambda session: post.sender._record(session, of, None))

    slow = claim()
    post.set(id_, next_at=seconds_from_now(-1))  # it was not heard of for too long
    fast = claim()
    assert not record(slow)
    assert post.get(id_).state == "waiting"  # the second sender is still at it
    assert record(fast)
    assert (post.get(id_).state, post.get(id_).attempts) == ("sent", 2)
