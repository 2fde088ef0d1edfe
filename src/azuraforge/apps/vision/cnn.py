"""``vision.cnn``: a small convolutional network, trained on augmented images."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from azuraforge.apps.vision.augmentation import Augmented, Ranges
from azuraforge.engine import nn
from azuraforge.engine.data import Dataset
from azuraforge.plugins.contract.arrays import Indices
from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, INPUTS, MODEL
from azuraforge.plugins.contract.fields.search import search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.vision.config import ImageSchema
from azuraforge.plugins.vision.image_classifier import ImageClassifier, Single
from azuraforge.plugins.vision.training_config import ImageConfig


class CnnConfig(ImageConfig):
    """Settings of the convolutional network: its size and its augmentation."""

    channels: Annotated[
        tuple[Annotated[int, Field(ge=1, le=512)], ...],
        Field(
            default=(16, 32),
            min_length=1,
            max_length=6,
            title="Channels",
            description="Number of output channels of each convolution block; each block halves height and width",
            json_schema_extra=in_turkish(
                "Kanal sayıları",
                "Her evrişim bloğunun çıktı kanalı sayısı; her blok yüksekliği ve genişliği yarıya indirir",
            )
            | MODEL,
        ),
    ]
    hidden_size: Annotated[
        int,
        Field(
            default=128,
            ge=1,
            le=4096,
            title="Hidden size",
            description="Number of units in the hidden layer",
            json_schema_extra=(
                in_turkish("Gizli boyut", "Gizli katmandaki birim sayısı") | search_range(64, 256, log=True) | MODEL
            ),
        ),
    ]
    dropout: Annotated[
        float,
        Field(
            default=0.25,
            ge=0,
            lt=1,
            title="Dropout",
            description="Share of values set to zero during training",
            json_schema_extra=(
                in_turkish("Seyreltme (dropout)", "Eğitimde sıfırlanan değerlerin payı")
                | search_range(0.0, 0.5)
                | MODEL
            ),
        ),
    ]
    augment: Annotated[
        bool,
        Field(
            default=True,
            title="Augmentation",
            description="Rotate, scale and shift the images during training",
            json_schema_extra=in_turkish("Veri artırma", "Eğitimde görüntüler döndürülür, ölçeklenir ve kaydırılır")
            | ESSENTIAL,
        ),
    ]
    rotation_degrees: Annotated[
        float,
        Field(
            default=10,
            ge=0,
            le=180,
            title="Rotation (degrees)",
            description="Maximum rotation in either direction",
            json_schema_extra=(
                in_turkish("Döndürme (derece)", "Her iki yönde en büyük döndürme açısı")
                | search_range(0.0, 20.0)
                | INPUTS
            ),
        ),
    ]
    scale: Annotated[
        float,
        Field(
            default=0.1,
            ge=0,
            le=0.9,
            title="Scaling",
            description="Maximum share by which an image is enlarged or reduced",
            json_schema_extra=(
                in_turkish("Ölçekleme", "Bir görüntünün büyütülebileceği ya da küçültülebileceği en büyük oran")
                | search_range(0.0, 0.2)
                | INPUTS
            ),
        ),
    ]
    shift_share: Annotated[
        float,
        Field(
            default=0.07,
            ge=0,
            le=0.5,
            title="Shift",
            description="Maximum shift in either direction, as a share of the width",
            json_schema_extra=(
                in_turkish("Kaydırma", "Her iki yönde en büyük kaydırma, genişliğin oranı olarak")
                | search_range(0.0, 0.15)
                | INPUTS
            ),
        ),
    ]


class CnnClassifier(ImageClassifier[CnnConfig]):
    """Classifier with blocks of convolution, ReLU, pooling and batch normalisation, followed by a hidden layer."""

    name: ClassVar[str] = "vision.cnn"
    Config = CnnConfig
    title: ClassVar[dict[str, str]] = {"en": "Convolutional network", "tr": "Evrişimli ağ"}
    summary: ClassVar[dict[str, str]] = {
        "en": "A small convolutional network trained on rotated, scaled and shifted images; calibrated probabilities.",
        "tr": "Döndürülen, ölçeklenen ve kaydırılan görüntülerle eğitilen küçük evrişimli ağ; olasılıkları kalibredir.",
    }

    def build(self, config: CnnConfig, schema: ImageSchema) -> nn.Module:
        """Return the network.

        Normalisation follows pooling: it then processes a quarter of the values, and convolution, ReLU and pooling run
        as one kernel. Images with a side too short to halve are not pooled.
        """
        layers: list[nn.Module] = []
        inputs, height, width = schema.channels, schema.height, schema.width
        for channels in config.channels:
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
            if min(height, width) >= 2:
                layers.append(nn.MaxPool2d(2))
                height, width = height // 2, width // 2
            layers.append(nn.BatchNorm2d(channels))
            inputs = channels
        layers += [
            nn.Flatten(),
            nn.Linear(inputs * height * width, config.hidden_size),
            nn.ReLU(),
            nn.BatchNorm1d(config.hidden_size),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden_size, len(schema.classes)),
        ]
        return nn.Sequential(*layers)

    def examples(self, config: CnnConfig, images: Single, labels: Indices, seed: int) -> Dataset:
        """Return the dataset of images, augmented if the config enables it."""
        shift = config.shift_share * images.shape[3]
        ranges = Ranges(config.rotation_degrees, config.scale, shift) if config.augment else Ranges(0, 0, 0)
        return Augmented(images, np.asarray(labels), ranges, seed)
