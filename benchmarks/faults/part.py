"""``python -m benchmarks.faults.part up …``: the platform's own command, whose workers also carry the storm's runs."""

from __future__ import annotations

import sys

from azuraforge.cli.main import main
from azuraforge.platform import composition
from azuraforge.processes import launcher
from benchmarks.faults.steps import StepsHandler


class _House(composition.House):
    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.handlers = [*(each for each in self.handlers if each.kind != "agent"), StepsHandler()]


if __name__ == "__main__":
    composition.House = _House  # type: ignore[misc]
    # The storm's clock is set for launchers and children too.
    launcher.PASSED_ON = (*launcher.PASSED_ON, "LD_PRELOAD", "AZURAFORGE_STORM_CLOCK")
    sys.argv[0] = "azuraforge"
    main()
