"""What-if forecasts of a trained version: next to its own prediction, and never in the ledger."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from anyio import to_thread
from sqlalchemy import func, select

from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput, NotFound
from azuraforge.models.scenarios.schemas import WhatIfOut, WhatIfRequest
from azuraforge.models.scenarios.service import WhatIf
from azuraforge.models.schemas import PredictRequest
from azuraforge.models.tables import Prediction
from tests.pipelines.test_training import System, system  # noqa: F401  a fixture


def add_shop(system: System) -> None:  # noqa: F811
    """Demand that falls by 3 where the price rises by 1, and does not mind the rain."""
    rng = np.random.default_rng(0)
    start = datetime(2023, 1, 1, tzinfo=UTC)
    lines = ["day,sold,price,rain"]
    for row in range(400):
        price = 10 + 2 * np.sin(row / 9) + rng.normal(0, 0.5)
        sold = 100 - 3 * price + 4 * np.sin(2 * np.pi * row / 7) + rng.normal(0, 0.5)
        lines.append(f"{start + timedelta(days=row)},{sold:.4f},{price:.4f},{rng.normal():.4f}")
    path = system.home / "shop.csv"
    path.write_text("\n".join(lines) + "\n")
    options = FileOptions(name="shop", time="day", target="sold", available_after={"price": "ahead"})
    system.datasets.add_file(system.project_id, path, path.name, options)


def ask(system: System, **fields: Any) -> WhatIfOut:  # noqa: F811
    service = WhatIf(system.database, system.models.versions)
    request = WhatIfRequest.model_validate(fields)
    return asyncio.run(service.ask(system.project_id, "shop", request, to_thread.run_sync))


def promo(**change: Any) -> list[dict[str, Any]]:
    return [{"name": "promo", "changes": [{"column": "price", **change}]}]


def test_a_lower_price_sells_more_and_nothing_is_recorded(system: System) -> None:  # noqa: F811
    add_shop(system)
    system.train("forecasting.ridge", dataset="shop")
    own = asyncio.run(system.models.predict(system.project_id, "shop", PredictRequest(version=1), "test"))
    counted = partial(system.database.read, system.project_id)
    with counted() as session:
        before = session.scalar(select(func.count()).select_from(Prediction))
    higher = {"name": "higher", "changes": [{"column": "price", "add": 9}]}
    answer = ask(system, version=1, scenarios=[*promo(add=-1), higher])
    assert [point.value for point in answer.base] == [point.value for point in own.predictions]
    assert answer.origin == own.origin
    assert answer.scenarios[0].differences == pytest.approx([3, 3, 3], rel=0.25)
    assert all(point.low < point.value < point.high for point in answer.scenarios[0].predictions)  # type: ignore[operator]  # ridge has intervals
    assert [each.code for each in answer.cautions] == ["assumed"]
    assert [each.code for each in answer.scenarios[1].cautions] == ["outside_learned_range"]
    prices = [float(line.split(",")[2]) for line in (system.home / "shop.csv").read_text().splitlines()[1:]]
    (column,) = answer.known_ahead
    assert (column.learned_low, column.learned_high) == (min(prices), max(prices))  # refitted on every row
    with counted() as session:
        assert session.scalar(select(func.count()).select_from(Prediction)) == before

    given = ask(system, version=1, scenarios=promo(multiply=1), known_ahead={"price": [9, 9, 9]}, horizon=3)
    assert [each.code for each in given.scenarios[0].cautions] == ["unchanged"]
    assert given.base_total > answer.base_total or column.values[0] < 9
    with pytest.raises(InvalidInput, match="column 'rain' was not known ahead"):
        ask(system, version=1, scenarios=[{"name": "wet", "changes": [{"column": "rain", "add": 1}]}])
    with pytest.raises(NotFound):
        ask(system, version=9, scenarios=promo(add=1))
