"""Settings of the boosted trees."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from azuraforge.apps.forecasting.boosting.trees import MOST_LEAVES
from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, MODEL, TRAINING
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.config import ForecastConfig


class BoostedConfig(ForecastConfig):
    """Settings of the boosted trees."""

    trees: Annotated[
        int,
        Field(
            default=800,
            ge=1,
            le=5000,
            title="Trees",
            description="Maximum number of trees per forest; the validation set decides when to stop",
            json_schema_extra=(
                in_turkish(
                    "Ağaç sayısı",
                    "Orman başına ağaç sayısının üst sınırı; ne zaman durulacağını doğrulama kümesi belirler",
                )
                | search_range(200, 2000, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    learning_rate: Annotated[
        float,
        Field(
            default=0.05,
            gt=0,
            le=1,
            title="Learning rate",
            description="Factor of each tree's contribution",
            json_schema_extra=(
                in_turkish("Öğrenme oranı", "Her ağacın katkısının çarpanı")
                | search_range(0.01, 0.2, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    leaves: Annotated[
        int,
        Field(
            default=31,
            ge=2,
            le=MOST_LEAVES,
            title="Leaves",
            description="Maximum number of leaves per tree",
            json_schema_extra=(
                in_turkish("Yaprak sayısı", "Ağaç başına yaprak sayısının üst sınırı")
                | search_range(8, 64, log=True)
                | MODEL
            ),
        ),
    ]
    leaf_rows: Annotated[
        int,
        Field(
            default=40,
            ge=1,
            le=100_000,
            title="Examples per leaf",
            description="Minimum number of examples in a leaf; reduced if there are few rows",
            json_schema_extra=(
                in_turkish(
                    "Yapraktaki örnek sayısı", "Bir yapraktaki örnek sayısının alt sınırı; satır azsa daha düşük alınır"
                )
                | search_range(10, 200, log=True)
                | MODEL
            ),
        ),
    ]
    shrinkage: Annotated[
        float,
        Field(
            default=1.0,
            ge=0,
            le=1e6,
            title="Shrinkage",
            description="Penalty on large leaf values (L2)",
            json_schema_extra=(
                in_turkish("Büzülme (L2)", "Büyük yaprak değerlerine ceza (L2)")
                | search_range(0.1, 10.0, log=True)
                | MODEL
            ),
        ),
    ]
    columns_share: Annotated[
        float,
        Field(
            default=0.6,
            gt=0,
            le=1,
            title="Share of inputs",
            description="Share of the inputs that each tree may use",
            json_schema_extra=(
                in_turkish("Girdi payı", "Her ağacın kullanabileceği girdi payı") | search_range(0.3, 1.0) | TRAINING
            ),
        ),
    ]
    rows_share: Annotated[
        float,
        Field(
            default=0.7,
            gt=0,
            le=1,
            title="Share of examples",
            description="Share of the examples that each tree learns from",
            json_schema_extra=(
                in_turkish("Örnek payı", "Her ağacın öğrendiği örnek payı") | search_range(0.4, 1.0) | TRAINING
            ),
        ),
    ]
    patience: Annotated[
        int,
        Field(
            default=40,
            ge=1,
            le=1000,
            title="Patience",
            description="Number of boosting rounds without improvement on the validation set after which fitting stops",
            json_schema_extra=(
                in_turkish(
                    "Sabır (patience)", "Doğrulama kümesinde art arda bu kadar tur iyileşme olmazsa eğitim durur"
                )
                | search_range(20, 100, log=True)
                | TRAINING
            ),
        ),
    ]
    linear: Annotated[
        bool,
        Field(
            default=True,
            title="Several forests",
            description="Use the mean of forests that correct the last value, a ridge forecast and the last "
            "seasons. Off: use only the forest that corrects the last value",
            json_schema_extra=in_turkish(
                "Birden çok orman",
                "Son değeri, ridge tahminini ve son mevsimleri düzelten ormanların ortalaması alınır. Kapalı: "
                "yalnızca son değeri düzelten orman kullanılır",
            )
            | MODEL,
        ),
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=5000,
            title="Stop after",
            description="Grow this many trees per forest regardless of the validation set; the winner of a"
            " study is retrained this way",
            json_schema_extra=in_turkish(
                "Durulacak ağaç sayısı",
                "Doğrulama kümesine bakılmadan orman başına bu kadar ağaç büyütülür; bir aramanın"
                " kazananı böyle yeniden eğitilir",
            )
            | TRAINING,
        ),
    ]
