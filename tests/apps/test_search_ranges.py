"""The search ranges of the built-in pipelines: one for each setting that a study can tune."""

from __future__ import annotations

import pytest

from azuraforge.apps.forecasting.attention import AttentionConfig
from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.gru import GruConfig
from azuraforge.apps.forecasting.lstm import LstmConfig
from azuraforge.apps.forecasting.nhits import NhitsConfig
from azuraforge.apps.forecasting.tcn import TcnConfig
from azuraforge.apps.vision.cnn import CnnConfig
from azuraforge.plugins import Config
from azuraforge.studies.space import suggest
from azuraforge.testing import check_search

CONFIGS = [AttentionConfig, BoostedConfig, GruConfig, LstmConfig, NhitsConfig, TcnConfig, CnnConfig]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_searchable_setting_has_a_valid_range(config: type[Config]) -> None:
    check_search(config)
    assert [each.name for each in suggest(config.model_json_schema()) if each.range is None] == []
