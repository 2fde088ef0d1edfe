"""Contract suites that plugin authors run against their own plugins.


def test_contract(table):
    check_pipeline(MyForecaster, table, {"horizon": 3})
"""

from azuraforge.testing.agents import check_agent
from azuraforge.testing.classifiers import check_classifier
from azuraforge.testing.contract import ContractBroken, check_search
from azuraforge.testing.features import check_features
from azuraforge.testing.learners import check_learner
from azuraforge.testing.live_sources import check_live_source
from azuraforge.testing.memory import MemoryRun
from azuraforge.testing.notifiers import check_notifier
from azuraforge.testing.pipelines import check_pipeline
from azuraforge.testing.sources import check_source

__all__ = [
    "ContractBroken",
    "MemoryRun",
    "check_agent",
    "check_classifier",
    "check_features",
    "check_learner",
    "check_live_source",
    "check_notifier",
    "check_pipeline",
    "check_search",
    "check_source",
]
