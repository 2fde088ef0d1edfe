"""Terminal output of the findings that the platform made while it read a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Finding

_SEVERITY = {"error": "✗", "warning": "!", "info": "·"}


def show_data_findings(terminal: Terminal, findings: Sequence[Finding]) -> None:
    """Print one line per finding; nothing if there are none."""
    if findings:
        terminal.say(terminal.text("found_while_reading"))
    for finding in findings:
        terminal.say(f"  {_SEVERITY.get(finding.severity, '·')} {terminal.text.of(finding.text) or finding.code}")
