"""Real files as people have them, each with one command."""

from __future__ import annotations

import pytest

from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput

pytestmark = pytest.mark.realdata


@pytest.fixture
def real(shared_data):
    def make(path: str, **options):
        return read_file(shared_data / path, path.rsplit("/", 1)[1], FileOptions(**options)).prepared

    return make


def warnings(prepared) -> dict[str, int]:
    return {item.code: item.count for item in prepared.findings if item.severity == "warning"}


def test_szeged_hours(real):
    path = "weather_szeged_hourly/weatherHistory.csv.gz"
    prepared = real(path, time="Formatted Date", target="Temperature (C)")
    assert (prepared.schema.frequency, prepared.frame.height) == ("1h", 96_432)
    assert len(prepared.schema.features) == 6
    assert warnings(prepared) == {
        "rows_sorted": 451,
        "duplicate_rows": 24,
        "suspicious_zeros": 1288,
        "gaps_filled": 3,
    }
    told = real(path, time="Formatted Date", target="Temperature (C)", missing_values={"Pressure (millibars)": [0]})
    assert told.frame["Pressure (millibars)"].min() > 900
    assert warnings(told)["feature_filled"] == 1288


@pytest.mark.parametrize(
    ("path", "options", "frequency", "season"),
    [
        ("stocks_daily/AAPL.csv", {"time": "Date", "target": "Close"}, None, 5),
        ("stocks_daily/THYAO.IS.csv", {"time": "Date", "target": "Close"}, None, 5),
        ("weather_melbourne_daily/daily-min-temperatures.csv", {"time": "Date", "target": "Temp"}, "1d", 7),
        ("weather_tr_daily/istanbul_daily.csv.gz", {"time": "date", "target": "max_temp"}, "1d", 7),
        ("crypto/BTCUSDT-1h_2020-09_2023-12.csv.gz", {"time": "date", "target": "close"}, "1h", 24),
        ("crypto/BTCUSDT-5m_2022-08_2023-12.csv.gz", {"time": "open_time", "target": "close"}, "5m", 288),
        (
            "crypto/BTCUSDT_orderflow15m_2025-06-22_2025-08-20.csv.gz",
            {"time": "time", "target": "buy_volume"},
            "15m",
            96,
        ),
    ],
)
def test_prices_candles_and_weather(real, path, options, frequency, season):
    prepared = real(path, **options)
    assert (prepared.schema.frequency, prepared.schema.season) == (frequency, season)
    assert set(warnings(prepared)) <= {"gaps_filled"}
    assert "open_time" not in prepared.schema.features


def test_a_second_header_line_is_pointed_at(real):
    with pytest.raises(InvalidInput, match="is 'MSFT'") as caught:
        real("stocks_daily/raw_yfinance_header_MSFT.csv", time="Date", target="Close")
    assert "line 2" in caught.value.where
    assert "second header line" in caught.value.next_step


def test_trades_of_one_millisecond_need_a_decision(real):
    path = "crypto/XRPETH-aggTrades_2019-10-11_2019-10-13.csv.gz"
    with pytest.raises(InvalidInput, match="956 times have several rows"):
        real(path, time="transact_time", target="price")
    assert set(warnings(real(path, time="transact_time", target="price", duplicates="last"))) == {
        "duplicate_times",
        "irregular",
    }
