"""The contract suite of live sources: the replay keeps it, and sources that break a rule are named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from azuraforge.learners.feeds.sources.replay import Replay
from azuraforge.plugins import FeedRow, LiveSource, Polled
from azuraforge.testing import ContractBroken, check_live_source

START = datetime(2024, 5, 1, tzinfo=UTC)


class Options(BaseModel):
    pass


def row(number: int) -> FeedRow:
    return FeedRow(START + timedelta(minutes=number), {"price": float(number)})


def source(poll: Callable[[int], Polled]) -> type[LiveSource]:
    class Made(LiveSource):
        name = "made"
        Options = Options

        def poll(self, options, cursor):  # type: ignore[no-untyped-def]
            return poll(int((cursor or {}).get("n", 0)))

    return Made


def test_a_replay_keeps_the_contract_and_can_be_read_as_a_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("time,price\n" + "\n".join(f"2024-05-01T00:{minute:02}:00Z,{minute}" for minute in range(60)))
    monkeypatch.setattr(Replay, "folders", (tmp_path,))
    monkeypatch.setattr("azuraforge.learners.feeds.sources.replay._ROWS", 25)
    polls = check_live_source(Replay, {"file": str(path)})
    assert [len(each.rows) for each in polls] == [25, 25, 10]
    reader = Replay()
    read = reader.read(reader.Options.model_validate({"file": str(path)}))
    assert (read.frame.height, read.time, read.target, read.series) == (60, "at", "price", None)


@pytest.mark.parametrize(
    ("poll", "sentence"),
    [
        (lambda n: [row(n)], "must return Polled"),
        (lambda n: Polled([row(n)], {"n": object()}), "the cursor of Made"),
        (lambda n: Polled([], {"n": n + 1}, closed=n == 2), "returned no rows"),
        (lambda n: Polled([FeedRow(START, {"price": float("nan")})], {"n": 1}, closed=True), "returned nan"),
        (lambda n: Polled([FeedRow(START, {"price": [1]})], {"n": 1}, closed=True), "returned list"),  # type: ignore[dict-item]
    ],
)
def test_a_source_that_breaks_a_rule_is_named(poll: Callable[[int], Polled], sentence: str) -> None:
    with pytest.raises(ContractBroken, match=sentence):
        check_live_source(source(poll), {})


def test_a_source_that_remembers_more_than_its_cursor_breaks_the_contract() -> None:
    class Forgetful(LiveSource):
        name = "forgetful"
        Options = Options

        def __init__(self) -> None:
            self.n = 0

        def poll(self, options, cursor):  # type: ignore[no-untyped-def]
            self.n += 1
            return Polled([row(self.n)], {}, closed=self.n == 3)

    with pytest.raises(ContractBroken, match="other rows"):
        check_live_source(Forgetful, {})
