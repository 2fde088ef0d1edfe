"""The same page over the scaled platform: a forecast's live loss and its report, carried by Celery workers.

What a finished run shows is the page's own (``test_run_page.py``) and the API's (``platform/test_scaled.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_run_page import points, sign_in, start_run, wait_for_points
from tests.scaled import Scaled, make_scaled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def scaled(tmp_path_factory, postgres_cluster, valkey_of_module) -> Iterator[Scaled]:
    folder = tmp_path_factory.mktemp("scaled")
    made = make_scaled(folder, postgres_cluster, valkey_of_module, AZURAFORGE_RUNS__REPORTS="true")
    try:
        made.start_all(workers=1, schedulers=1)
        made.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
        yield made
    finally:
        made.stop()
        postgres_cluster.drop(made.postgres)


def test_the_loss_moves_while_a_celery_worker_trains_and_a_cancelled_run_has_its_report(page: Page, scaled):
    sign_in(page, scaled)
    start_run(page, epochs="400", patience="400")
    wait_for_points(page, 3, 60)
    wait_for_points(page, points(page) + 1, 30)
    page.get_by_test_id("cancel-run").click()
    page.get_by_test_id("confirm-cancel").click()
    expect(page.get_by_test_id("run-state")).to_contain_text(re.compile("cancelled", re.I), timeout=120_000)
    page.get_by_test_id("tab-report").click()
    expect(page.get_by_test_id("report")).to_contain_text("Written when the run ended", timeout=120_000)
