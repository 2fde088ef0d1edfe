"""What waits for approval, and how a member decides, in the terminal."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from azuraforge.cli import approvals
from azuraforge.cli.failures import CommandError
from azuraforge.cli.output.model import show_waiting
from azuraforge.client.model import AliasChange, Approval, Promotion

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SAID = {"en": "It is better beyond noise.", "tr": "Gürültüyü aşacak kadar daha iyi."}
ONE = Promotion(
    model="load", number=4, alias="champion", version=2, previous_version=1, reason="won", said=SAID, by="gate", at=NOW,
    state="waiting", needed=2, approvals=[Approval(by="kemal", reason="seen", at=NOW)],
)  # fmt: skip
NIGHT = Promotion(
    model="load", number=6, alias="night", version=3, previous_version=None, reason="why not", by="ada", at=NOW,
    state="waiting",
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "v2 waits for approval as champion. Requested by: gate. Reason: It is better",
                "Approvals: 1 of 2 (kemal)",
            ],
        ),
        ("tr", ["v2, champion olmak için onay bekliyor. İsteyen: kapı. Gerekçe: Gür", "Onay: 1/2 (kemal)"]),
    ],
)
def test_what_waits_is_shown_with_its_reason_and_approvals(make_terminal, language, lines):
    terminal = make_terminal(language)
    show_waiting(terminal, [ONE, NIGHT])
    shown = terminal.output + terminal.remarks
    assert all(line in shown for line in lines)
    assert "azuraforge models approve load --alias night" in shown
    assert shown.count("kemal") == 1


class Models:
    """The part of the client that decides; it records what it is asked."""

    def __init__(self, action: str) -> None:
        self.action, self.asked = action, []

    def promotions(self, name: str, *, waiting: bool) -> list[Promotion]:
        assert waiting
        return [NIGHT, ONE]

    def approve(self, name: str, number: int, reason: str | None) -> AliasChange:
        self.asked.append((name, number, reason))
        return AliasChange(
            alias="champion", version=2, previous_version=1, action=self.action, reason="", by="ada", at=NOW
        )

    decline = approve


@pytest.mark.parametrize(
    ("command", "action", "line"),
    [
        (approvals.approve, "promote", "Approved: champion of load is v2 now."),
        (approvals.approve, "approve", "when more members approve it; missing approvals: 0"),
        (approvals.decline, "decline", "Declined: champion of load does not move to v2."),
    ],
)
def test_the_alias_names_the_promotion_that_is_decided(make_terminal, monkeypatch, command, action, line):
    terminal, models = make_terminal(), Models(action)
    decided(monkeypatch, terminal, models)
    command(SimpleNamespace(), "load", "seen")
    assert models.asked == [("load", 4, "seen")]
    assert line in " ".join(terminal.output.split())
    with pytest.raises(CommandError, match="No promotion of load waits for approval under the alias day"):
        command(SimpleNamespace(), "load", alias="day")


def decided(monkeypatch: Any, terminal: Any, models: Models) -> None:
    @contextmanager
    def connect(_terminal: Any) -> Any:
        yield SimpleNamespace(client=SimpleNamespace(models=models))

    monkeypatch.setattr(approvals, "connect", connect)
    monkeypatch.setattr(approvals, "terminal_of", lambda _context: terminal)
