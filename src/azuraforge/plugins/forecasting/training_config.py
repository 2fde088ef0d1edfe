"""Config of pipelines that train a network on windows of a series."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, INPUTS, TRAINING
from azuraforge.plugins.contract.fields.search import search_choices, search_range
from azuraforge.plugins.contract.parts import Schema
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.config import ForecastConfig, window_within
from azuraforge.plugins.forecasting.transforms import TransformName

_SHORTEST, _LONGEST = 30, 192
#: Shortest default window, for series that are too short for the usual one.
_LEAST = 2


class TimeSeriesConfig(ForecastConfig):
    """Settings for training a network on windows, in addition to the settings that all forecasters share."""

    window: Annotated[
        int | None,
        Field(
            default=None,
            ge=2,
            le=2000,
            title="Window",
            description="Number of history rows to read. Empty: three seasons, at least 30 and at most 192, or "
            "fewer in a short series",
            json_schema_extra=(
                in_turkish(
                    "Pencere",
                    "Okunan geçmiş satır sayısı. Boş: üç mevsim (en az 30, en çok 192 satır); kısa seride daha az",
                )
                | search_range(14, 192, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    transform: Annotated[
        TransformName,
        Field(
            default="none",
            title="Transform",
            description="Transformation of the target before training; inverted in every forecast",
            json_schema_extra=in_turkish(
                "Dönüşüm", "Hedefe eğitimden önce uygulanan dönüşüm; her tahminde geri çevrilir"
            )
            | INPUTS,
        ),
    ]
    calendar: Annotated[
        bool,
        Field(
            default=True,
            title="Calendar features",
            description="Use hour, weekday and day of the year as inputs",
            json_schema_extra=in_turkish(
                "Takvim özellikleri", "Saat, haftanın günü ve yılın günü girdi olarak kullanılır"
            )
            | INPUTS,
        ),
    ]
    features: Annotated[
        bool,
        Field(
            default=True,
            title="Other columns as inputs",
            description="Use the dataset's other columns as inputs",
            json_schema_extra=in_turkish(
                "Diğer sütunlar girdi olsun", "Veri kümesinin diğer sütunları girdi olarak kullanılır"
            )
            | INPUTS,
        ),
    ]
    epochs: Annotated[
        int,
        Field(
            default=60,
            ge=1,
            le=10_000,
            title="Epochs",
            description="Maximum number of passes over the training set",
            json_schema_extra=(
                in_turkish("Dönem sayısı (epoch)", "Eğitim kümesi üzerinden geçiş sayısının üst sınırı")
                | search_range(20, 120, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    max_steps: Annotated[
        int,
        Field(
            default=3000,
            ge=1,
            le=10_000_000,
            title="Maximum steps",
            description="Maximum number of batches; limits the training time on long series",
            json_schema_extra=(
                in_turkish("En çok adım sayısı", "Yığın sayısının üst sınırı; uzun serilerde eğitimi kısaltır")
                | search_range(1000, 6000, log=True)
                | TRAINING
            ),
        ),
    ]
    patience: Annotated[
        int,
        Field(
            default=10,
            ge=1,
            le=1000,
            title="Patience",
            description="Number of validation checks without improvement after which training stops",
            json_schema_extra=(
                in_turkish("Sabır (patience)", "Art arda bu kadar doğrulamada iyileşme olmazsa eğitim durur")
                | search_range(5, 20)
                | TRAINING
            ),
        ),
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=10_000,
            title="Stop after",
            description="Stop after this many epochs regardless of the validation set, and keep the last"
            " weights; the winner of a study is retrained this way",
            json_schema_extra=in_turkish(
                "Durulacak dönem",
                "Doğrulama kümesine bakılmadan bu kadar dönem sonra durulur ve son ağırlıklar saklanır;"
                " bir aramanın kazananı böyle yeniden eğitilir",
            )
            | TRAINING,
        ),
    ]
    batch_size: Annotated[
        int,
        Field(
            default=128,
            ge=1,
            le=8192,
            title="Batch size",
            description="Number of windows per step",
            json_schema_extra=(
                in_turkish("Yığın boyutu (batch)", "Adım başına pencere sayısı")
                | search_choices([32, 64, 128, 256])
                | TRAINING
            ),
        ),
    ]
    learning_rate: Annotated[
        float,
        Field(
            default=2e-3,
            gt=0,
            le=1,
            title="Learning rate",
            description="Peak step size; the step size rises during a warm-up and then decays",
            json_schema_extra=(
                in_turkish("Öğrenme oranı", "En büyük adım boyu; adım boyu ısınma sırasında yükselir, sonra azalır")
                | search_range(0.0005, 0.01, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    weight_decay: Annotated[
        float,
        Field(
            default=1e-3,
            ge=0,
            le=1,
            title="Weight decay",
            description="Strength with which the weights are pulled towards zero",
            json_schema_extra=(
                in_turkish("Ağırlık sönümü (weight decay)", "Ağırlıkları sıfıra çeken etkinin gücü")
                | search_range(0.0001, 0.03, log=True)
                | TRAINING
            ),
        ),
    ]
    clip_norm: Annotated[
        float,
        Field(
            default=1.0,
            gt=0,
            le=1000,
            title="Gradient clipping",
            description="Maximum norm of the gradient; longer gradients are clipped",
            json_schema_extra=(
                in_turkish("Gradyan kırpma", "Gradyanın en büyük normu; daha uzun gradyanlar kırpılır")
                | search_range(0.3, 3.0, log=True)
                | TRAINING
            ),
        ),
    ]
    loss: Annotated[
        Literal["mse", "huber"],
        Field(
            default="mse",
            title="Loss",
            description="Loss of the point forecast; huber is less sensitive to outliers",
            json_schema_extra=in_turkish("Kayıp", "Nokta tahmininin kaybı; huber aykırı değerlere daha az duyarlıdır")
            | TRAINING,
        ),
    ]

    def window_of(self, schema: Schema) -> int:
        """Return the configured window, or by default three seasons, at least 30 and at most 192 rows."""
        if self.window is not None:
            return self.window
        return min(max(_SHORTEST, 3 * self.season_of(schema)), _LONGEST)

    @property
    def least_window(self) -> int | None:
        """Shortest window that short series may use; None if the window is configured."""
        return _LEAST if self.window is None else None

    def window_within(self, schema: Schema, rows: int) -> int:
        """Return the window for a training set of ``rows`` rows; see ``config.window_within``."""
        return window_within(rows, self.horizon, self.window_of(schema), self.least_window)
