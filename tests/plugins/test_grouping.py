"""The built-in pipelines say which fields forms show first, and group the others in both languages."""

from __future__ import annotations

import pytest

from azuraforge.apps.forecasting.attention import AttentionConfig
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.boosting.config import BoostedConfig
from azuraforge.apps.forecasting.ets import EtsConfig
from azuraforge.apps.forecasting.gru import GruConfig
from azuraforge.apps.forecasting.lstm import LstmConfig
from azuraforge.apps.forecasting.nhits import NhitsConfig
from azuraforge.apps.forecasting.pretrained.pipeline import ChronosBoltConfig
from azuraforge.apps.forecasting.tcn import TcnConfig
from azuraforge.apps.vision.cnn import CnnConfig
from azuraforge.plugins import Config, group
from azuraforge.plugins.forecasting.config import ForecastConfig

CONFIGS = [
    AttentionConfig, AutoConfig, BoostedConfig, ChronosBoltConfig, CnnConfig, EtsConfig, ForecastConfig, GruConfig,
    LstmConfig, NhitsConfig, TcnConfig,
]  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.__name__)
def test_every_field_is_essential_or_in_a_group(config: type[Config]) -> None:
    fields = config.model_json_schema()["properties"]
    essential = [name for name, field in fields.items() if field.get("essential")]
    assert 1 <= len(essential) <= 5
    for name, field in fields.items():
        assert (name in essential) != bool(field.get("group")), name
        assert name in essential or set(field["group"]) == {"en", "tr"}


def test_a_group_needs_a_title() -> None:
    with pytest.raises(ValueError, match="needs a title"):
        group(" ")
