"""The options of targets: encrypted, given to the child that sends, and in no other place."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from azuraforge.automations.needs import object_to_target
from azuraforge.automations.notifications.schemas import TargetRequest
from azuraforge.automations.notifications.service import NotificationService
from azuraforge.automations.notifications.webhook import Webhook, WebhookOptions
from azuraforge.errors import TransientError
from azuraforge.plugins.discovery.describing import parse_config
from azuraforge.projects.secrets.tables import Secret
from tests.automations.receiving import Post
from tests.automations.triggers import Stand

SIGNING, PATH = "canary-signing-key-3141", "canary-path-token-2718"


class Checking:
    """A catalogue that checks options in this process."""

    def validate(self, kind: str, name: str, options: dict) -> dict:
        return parse_config(WebhookOptions, options, name).model_dump(mode="json")


@pytest.fixture
def stand(database, project_id, tmp_path):
    return Stand(database, tmp_path / "home", project_id)


@pytest.fixture
def service(stand):
    return NotificationService(stand.database, stand.events, Checking(), stand.secrets, object_to_target)


def asked(receiver, name: str = "team") -> TargetRequest:
    options = {"url": f"http://127.0.0.1:{receiver.port}/hook/{PATH}", "secret": SIGNING}
    return TargetRequest(name=name, notifier="webhook", options=options)


def rows(stand) -> list[str]:
    with stand.database.read(stand.project_id) as session:
        return list(session.scalars(select(Secret.name)))


def test_no_file_of_the_database_holds_a_secret_of_a_target(stand, service, receiver, tmp_path, monkeypatch):
    post = Post(stand, receiver)
    made = service.create(stand.project_id, asked(receiver), "anna")
    id_ = service.test(stand.project_id, "team").id
    assert post.send(id_)
    ((headers, _),) = receiver.got
    assert "AzuraForge-Signature" in headers  # the child had the key

    def leak(self, options, message):
        raise TransientError(f"{options.url.get_secret_value()} and {options.secret.get_secret_value()}: {PATH}")

    monkeypatch.setattr(Webhook, "send", leak)
    failing = service.test(stand.project_id, "team").id
    post.send(failing)
    assert "•••" in (post.get(failing).error or "")
    service.replace(stand.project_id, made.id, asked(receiver), "anna")
    said = service.targets(stand.project_id).model_dump_json() + service.list(stand.project_id).model_dump_json()
    said += "".join(str(each) for each in stand.events.read(stand.project_id, "project"))
    for canary in (SIGNING, PATH):
        assert canary not in said
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    written = b"".join(each.read_bytes() for each in files)
    if stand.database.engine.dialect.name == "sqlite":
        assert b"webhook" in written  # the file that is looked at is the one that was written
    for canary in (SIGNING, PATH):
        assert canary.encode() not in written


def test_a_deleted_target_leaves_no_secret(stand, service, receiver):
    made = service.create(stand.project_id, asked(receiver), "anna")
    assert rows(stand) == [f"target:{made.id}"]
    service.delete(stand.project_id, "team")
    assert rows(stand) == []


def test_a_lost_key_is_said_on_the_target_and_in_the_delivery(stand, service, receiver):
    post = Post(stand, receiver)
    service.create(stand.project_id, asked(receiver), "anna")
    assert service.get(stand.project_id, "team").secrets == "ready"
    stand.secrets._keys._file.unlink()
    assert service.get(stand.project_id, "team").secrets == "unreadable"
    id_ = service.test(stand.project_id, "team").id
    assert not post.send(id_)
    found = post.get(id_)
    assert found.state == "failed"
    assert found.error == (
        "the secrets of target 'team' cannot be decrypted: their key is missing, or the row was damaged. Next: add the"
        " missing key to AZURAFORGE_SECRET_KEYS, or set the options of target 'team' again"
    )
    assert receiver.got == []
    service.replace(stand.project_id, "team", asked(receiver), "anna")  # with a new key
    assert service.get(stand.project_id, "team").secrets == "ready"
    assert post.send(service.test(stand.project_id, "team").id)


def test_the_secret_of_a_target_fits_no_other(stand, service, receiver):
    first = service.create(stand.project_id, asked(receiver), "anna")
    second = service.create(stand.project_id, asked(receiver, "other"), "anna")

    def exchange(session):
        mine, other = (
            session.scalar(select(Secret).where(Secret.name == f"target:{each.id}")) for each in (first, second)
        )
        mine.sealed = other.sealed

    stand.database.write(stand.project_id, exchange)
    assert [each.secrets for each in service.targets(stand.project_id).items] == ["ready", "unreadable"]


def test_people_do_not_see_or_take_the_secrets_of_targets(stand, service, receiver):
    from azuraforge.projects.secrets.service import SecretService

    service.create(stand.project_id, asked(receiver), "anna")
    people = SecretService(stand.database, stand.secrets._keys, stand.events)
    people.set(stand.project_id, "plant", "x", "anna")
    assert [each.name for each in people.list(stand.project_id).items] == ["plant"]
