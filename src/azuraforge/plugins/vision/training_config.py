"""The settings for training an image classifier."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, TRAINING
from azuraforge.plugins.contract.fields.search import search_choices, search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.vision.config import ClassifyConfig


class ImageConfig(ClassifyConfig):
    """The settings for training a network on images, in addition to the settings of all classifiers."""

    epochs: Annotated[
        int,
        Field(
            default=8,
            ge=1,
            le=1000,
            title="Epochs",
            description="Maximum number of passes over the training set",
            json_schema_extra=(
                in_turkish("Dönem sayısı (epoch)", "Eğitim kümesi üzerinden geçiş sayısının üst sınırı")
                | search_range(4, 24, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    patience: Annotated[
        int,
        Field(
            default=50,
            ge=1,
            le=1000,
            title="Patience",
            description="Number of validation checks without improvement after which training stops",
            json_schema_extra=(
                in_turkish("Sabır (patience)", "Art arda bu kadar doğrulamada iyileşme olmazsa eğitim durur")
                | search_range(10, 50)
                | TRAINING
            ),
        ),
    ]
    stop_after: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=1000,
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
            ge=2,
            le=4096,
            title="Batch size",
            description="Number of images per step",
            json_schema_extra=(
                in_turkish("Yığın boyutu (batch)", "Adım başına görüntü sayısı")
                | search_choices([64, 128, 256])
                | TRAINING
            ),
        ),
    ]
    learning_rate: Annotated[
        float,
        Field(
            default=4e-3,
            gt=0,
            le=1,
            title="Learning rate",
            description="Peak step size; the step size rises once and then decays",
            json_schema_extra=(
                in_turkish("Öğrenme oranı", "En büyük adım boyu; adım boyu bir kez yükselir, sonra azalır")
                | search_range(0.001, 0.02, log=True)
                | ESSENTIAL
            ),
        ),
    ]
    weight_decay: Annotated[
        float,
        Field(
            default=1e-2,
            ge=0,
            le=1,
            title="Weight decay",
            description="Strength with which the weights are pulled towards zero",
            json_schema_extra=(
                in_turkish("Ağırlık sönümü (weight decay)", "Ağırlıkları sıfıra çeken etkinin gücü")
                | search_range(0.001, 0.1, log=True)
                | TRAINING
            ),
        ),
    ]
    label_smoothing: Annotated[
        float,
        Field(
            default=0.05,
            ge=0,
            lt=1,
            title="Label smoothing",
            description="Share of each label that is spread over all classes",
            json_schema_extra=(
                in_turkish("Etiket yumuşatma", "Her etiketin bütün sınıflara dağıtılan payı")
                | search_range(0.0, 0.15)
                | TRAINING
            ),
        ),
    ]
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(
            default="none",
            title="Class weights",
            description="balanced: rare classes have more weight in training",
            json_schema_extra=in_turkish("Sınıf ağırlıkları", "balanced: eğitimde seyrek sınıfların ağırlığı artırılır")
            | TRAINING,
        ),
    ]
    averaging: Annotated[
        float,
        Field(
            default=0.995,
            ge=0,
            lt=1,
            title="Averaging",
            description="Decay factor per step of the moving average of the weights",
            json_schema_extra=(
                in_turkish("Ağırlık ortalaması", "Ağırlıkların hareketli ortalamasının adım başına sönüm katsayısı")
                | search_range(0.98, 0.999)
                | TRAINING
            ),
        ),
    ]
