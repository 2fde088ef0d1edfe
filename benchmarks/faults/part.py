"""``python -m benchmarks.faults.part up …``: the platform's own command, whose workers also carry the storm's runs."""

from __future__ import annotations

import sys
from functools import partial

from azuraforge.cli.main import main
from azuraforge.package import Package
from azuraforge.platform import composition, scaled
from azuraforge.processes import launcher
from azuraforge.runs.package import HANDLERS
from azuraforge.server.packages import PACKAGES
from benchmarks.faults.steps import StepsHandler

STORM = Package("storm", contributions=(HANDLERS.add(lambda _: [StepsHandler()]),))

if __name__ == "__main__":
    build, packages = composition.build_services, (*PACKAGES, STORM)
    composition.build_services = scaled.build_services = partial(build, packages=packages)
    # The storm's clock is set for launchers and children too.
    launcher.PASSED_ON = (*launcher.PASSED_ON, "LD_PRELOAD", "AZURAFORGE_STORM_CLOCK")
    sys.argv[0] = "azuraforge"
    main()
