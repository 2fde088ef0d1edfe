"""The journal on disk: what is written is read again, whatever died in between."""

from __future__ import annotations

import json

import pytest

from azuraforge.client.external import journal as journals
from azuraforge.client.external import shipping
from azuraforge.client.external.journal import Journal, leftovers


def points(*steps: int) -> dict:
    return {"loss": [(step, float(step), 1_767_225_600_000 + step) for step in steps]}


@pytest.fixture
def written(tmp_path):
    journal = Journal.create(tmp_path, {"name": "mine"}, None)
    yield journal
    journal.close()


def test_shipments_join_batches_and_go_on_behind_the_last(written):
    written.batch(points(1), {"done": 1})
    written.batch(points(2, 3), None)
    (shipment,) = [each for each in written.shipments() if written.shipped(each) is None]
    assert (shipment.number, shipment.points, shipment.progress) == (2, points(1, 2, 3), {"done": 1})
    assert list(written.shipments()) == []
    written.batch(points(4), None)
    (later,) = [each for each in written.shipments() if written.shipped(each) is None]
    assert (later.number, later.points) == (3, points(4))


def test_one_shipment_stays_small(written, monkeypatch):
    monkeypatch.setattr(journals, "SHIPMENT_BYTES", 200)
    for step in range(1, 41):
        written.batch(points(step), None)
    sizes = [len(each.points["loss"]) for each in written.shipments() if written.shipped(each) is None]
    assert sum(sizes) == 40
    assert len(sizes) > 5


def test_an_unshipped_shipment_is_given_again(written):
    written.batch(points(1), None)
    first = next(written.shipments())
    assert next(written.shipments()) == first


def test_it_is_adopted_only_when_its_writer_is_gone(written, tmp_path):
    written.batch(points(1, 2), None)
    shipment = next(written.shipments())
    written.shipped(shipment)
    written.batch(points(3), None)
    written.know("k3v9")
    assert Journal.adopt(written.path) is None
    written.close()
    (adopted,) = leftovers(tmp_path, None)
    assert (adopted.run_id, adopted.header["run"], adopted.finish) == ("k3v9", {"name": "mine"}, None)
    assert next(adopted.shipments()).points == points(3)
    assert Journal.adopt(adopted.path) is None, "locked by whoever adopted it"
    adopted.close()


def test_a_line_cut_off_by_death_is_cut_away(written, tmp_path):
    written.batch(points(1), None)
    written.close()
    whole = written.path.read_bytes()
    written.path.write_bytes(whole + b'{"batch": 2, "points": {"loss": [[2, 0.')
    adopted = Journal.adopt(written.path)
    adopted.end({"state": "failed"})
    lines = [json.loads(line) for line in adopted.path.read_text().splitlines()]
    assert lines[-1] == {"finish": {"state": "failed"}}
    assert next(adopted.shipments()).points == points(1)
    adopted.close()


@pytest.mark.parametrize("content", [b"", b"\x00\xff not json\n", b"[]\n"])
def test_what_is_no_journal_is_left_alone(tmp_path, content):
    (tmp_path / "journal").mkdir()
    file = tmp_path / "journal" / "odd.jsonl"
    file.write_bytes(content)
    assert list(leftovers(tmp_path, None)) == []
    assert file.exists()


def test_its_file_is_for_its_owner_alone(written):
    assert written.path.stat().st_mode & 0o777 == 0o600


class Recipient:
    """Stands where the connection does, so that a test can write into the journal between two of its requests."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def get(self, path, timeout_seconds=0.0):
        return {"slug": "default"}

    def post(self, path, body=None, timeout_seconds=0.0):
        self.told.append((path.rsplit("/", 1)[-1], body.get("points") or body.get("state")))
        return {"id": "r1"}


def test_an_end_written_while_batches_are_shipped_waits_for_the_last_of_them(written, monkeypatch):
    written.batch(points(1), None)
    look = written._next_shipment

    def look_and_lose_the_turn():
        found = look()
        if found is None and written.finish is None:  # the thread that logs comes between
            written.batch(points(2), None)
            written.end({"state": "succeeded"})
        return found

    monkeypatch.setattr(written, "_next_shipment", look_and_lose_the_turn)
    recipient = Recipient()
    shipping.ship(written, recipient)
    assert written.path.exists()
    shipping.ship(written, recipient)
    assert recipient.told[1:] == [("metrics", points(1)), ("metrics", points(2)), ("finish", "succeeded")]
    assert not written.path.exists()
