"""``python -m benchmarks.faults.part up …``: the platform's own command, whose workers also carry the storm's runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from azuraforge.cli.main import main
from azuraforge.package import Package, Services
from azuraforge.platform import composition, scaled
from azuraforge.processes import launcher
from azuraforge.runs.package import HANDLERS
from azuraforge.server.packages import PACKAGES
from azuraforge.settings import Settings
from benchmarks.faults.steps import StepsHandler

STORM = Package("storm", contributions=(HANDLERS.add(lambda _: [StepsHandler()]),))

_build = composition.build_services


def _with_storm(settings: Settings, supplied: composition.Supplied, packages: Sequence[Package] = PACKAGES) -> Services:
    return _build(settings, supplied, (*packages, STORM))


if __name__ == "__main__":
    composition.build_services = scaled.build_services = _with_storm
    # The storm's clock is set for launchers and children too.
    launcher.PASSED_ON = (*launcher.PASSED_ON, "LD_PRELOAD", "AZURAFORGE_STORM_CLOCK")
    sys.argv[0] = "azuraforge"
    main()
