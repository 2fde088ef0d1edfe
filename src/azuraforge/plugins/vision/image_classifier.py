"""The base class of image classifiers: the author of a pipeline writes a network and its config.

The base class implements the scaling of pixels, the training loop, which resumes with bit-identical results, the
selection of the averaged weights with the lowest validation loss, temperature scaling, saving and loading.

    class Small(ImageClassifier[ImageConfig]):
        name = "mine.small"
        Config = ImageConfig

        def build(self, config, schema):
            return MyNetwork(schema.channels, len(schema.classes))

The network maps ``(batch, channel, height, width)`` to scores ``(batch, class)``.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from azuraforge import engine
from azuraforge.engine import Tensor, data, nn, optim
from azuraforge.engine.data import Dataset
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.engine.training import Callback, EarlyStopping, Trainer
from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.pipeline import RunContext
from azuraforge.plugins.contract.search import search_choices, search_range
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.training import BestAverage, Reporter
from azuraforge.plugins.vision.calibration import fit_temperature, softmax
from azuraforge.plugins.vision.config import (
    ClassifyConfig,
    ClassPredictions,
    ImagePart,
    ImagePipeline,
    ImageSchema,
    Pixels,
)

Single = NDArray[np.float32]
_FORMAT = "azuraforge.image_classifier/1"
_PREDICT_BATCH = 500


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
            ),
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
                in_turkish("Yığın boyutu (batch)", "Adım başına görüntü sayısı") | search_choices([64, 128, 256])
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
                in_turkish("Etiket yumuşatma", "Her etiketin bütün sınıflara dağıtılan payı") | search_range(0.0, 0.15)
            ),
        ),
    ]
    class_weights: Annotated[
        Literal["none", "balanced"],
        Field(
            default="none",
            title="Class weights",
            description="balanced: rare classes have more weight in training",
            json_schema_extra=in_turkish(
                "Sınıf ağırlıkları", "balanced: eğitimde seyrek sınıfların ağırlığı artırılır"
            ),
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
            ),
        ),
    ]


ImageConfigT = TypeVar("ImageConfigT", bound=ImageConfig)


@dataclass(frozen=True)
class Scaling:
    """The scaling of pixels to network inputs: ``pixel / deviation`` per channel, so that black remains zero."""

    deviation: Floats

    @classmethod
    def learn(cls, pixels: Pixels) -> Scaling:
        """Return the scaling by each channel's standard deviation in the training images; 1 for a constant channel."""
        values = pixels.reshape(-1, pixels.shape[3])
        mean = values.mean(axis=0, dtype=np.float64)
        # Counted by pixel value, because a copy of a large training set as floats might not fit into memory.
        square = np.array([np.square(np.arange(256.0)) @ np.bincount(channel, minlength=256) for channel in values.T])
        deviation = np.sqrt(np.maximum(square / len(values) - mean**2, 0))
        return cls(np.where(deviation > 0, deviation, 1.0))

    def apply(self, pixels: Pixels) -> Single:
        """Return the inputs, ``(example, channel, height, width)``, of pixels ``(example, height, width, channel)``."""
        scaled = pixels.astype(np.float32) / self.deviation.astype(np.float32)
        return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


@dataclass
class Classifier:
    """The predictor that ``fit`` and ``load`` return: a trained network with its preprocessing.

    ``temperature`` divides the scores before they become calibrated probabilities.
    """

    network: nn.Module
    scaling: Scaling
    schema: ImageSchema
    config: ImageConfig
    temperature: float

    def scores(self, pixels: Pixels) -> Floats:
        """Return the scores, ``(example, class)``, of pixels ``(example, height, width, channel)``."""
        self.network.eval()
        answers = []
        with engine.no_grad():
            for start in range(0, len(pixels), _PREDICT_BATCH):
                images = self.scaling.apply(pixels[start : start + _PREDICT_BATCH])
                answers.append(self.network(Tensor(images)).numpy().astype(np.float64))
        return np.concatenate(answers)


class ImageClassifier(ImagePipeline[ImageConfigT, Classifier], Generic[ImageConfigT]):
    """Base class of image classifiers that train a network; subclasses define ``build`` and ``Config``."""

    Config: ClassVar[type[ImageConfig]] = ImageConfig

    @abstractmethod
    def build(self, config: ImageConfigT, schema: ImageSchema) -> nn.Module:
        """Return the untrained network; its weights are drawn by the engine's generator, seeded with the run's seed."""

    def examples(self, config: ImageConfigT, images: Single, labels: Indices, seed: int) -> Dataset:
        """Return the training dataset; a subclass may augment the images each time they are drawn.

        Args:
            config: config of the run.
            images: ``(example, channel, height, width)`` scaled images.
            labels: ``(example,)`` class indices.
            seed: seed of the run.
        """
        return data.Arrays(images, labels)

    def fit(self, run: RunContext[ImageConfigT], train: ImagePart, validation: ImagePart) -> Classifier:
        """Train the network, calibrate it on the validation set and return the classifier.

        It has the averaged weights of the epoch with the lowest validation loss or, if ``stop_after`` is set, the
        averaged weights of the last epoch. Raises InvalidInput if training diverges.
        """
        assert train.labels is not None
        assert validation.labels is not None
        config = run.config
        scaling = Scaling.learn(train.pixels)
        engine.manual_seed(run.seed)
        network = self.build(config, train.schema)
        learning = self.examples(config, scaling.apply(train.pixels), train.labels, run.seed)
        checking = data.Arrays(scaling.apply(validation.pixels), validation.labels)
        self._train(run, network, learning, checking, _class_weights(config, train))
        classifier = Classifier(network, scaling, train.schema, config, 1.0)
        classifier.temperature = fit_temperature(classifier.scores(validation.pixels), validation.labels)
        return classifier

    def predict(self, predictor: Classifier, part: ImagePart) -> ClassPredictions:
        """Return calibrated and uncalibrated probabilities. Raises InvalidInput if the images have another size."""
        ours, theirs = predictor.schema, part.schema
        if (ours.height, ours.width, ours.channels) != (theirs.height, theirs.width, theirs.channels):
            raise InvalidInput(
                "this classifier expects images of {expected}, not {found} (height × width × channels)",
                where="image",
                next_step="resize the images, or train on images of this size",
                expected=f"{ours.height}×{ours.width}×{ours.channels}",
                found=f"{theirs.height}×{theirs.width}×{theirs.channels}",
            )
        scores = predictor.scores(part.pixels)
        return ClassPredictions(softmax(scores / predictor.temperature), softmax(scores))

    def save(self, predictor: Classifier, folder: Path) -> None:
        """Write ``weights.safetensors`` and ``preprocessing.json`` into ``folder``."""
        tensors = {f"network.{name}": value for name, value in predictor.network.state_dict().items()}
        save_safetensors(folder / "weights.safetensors", tensors)
        described = {
            "format": _FORMAT,
            "config": predictor.config.model_dump(mode="json"),
            "schema": predictor.schema.to_json(),
            "deviation": predictor.scaling.deviation.tolist(),
            "temperature": predictor.temperature,
        }
        text = json.dumps(described, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Classifier:
        """Return the predictor that ``save`` wrote.

        Raises InvalidInput if it was saved in another format, and EngineError if the weights cannot be read.
        """
        described = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        if described.get("format") != _FORMAT:
            raise InvalidInput(
                "preprocessing.json has format {found!r}, expected {expected!r}",
                next_step="retrain the model with this release of AzuraForge",
                found=described.get("format"),
                expected=_FORMAT,
            )
        config: Any = self.Config.model_validate(described["config"])
        schema = ImageSchema.of(DatasetSchema(**described["schema"]))
        tensors, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        network = self.build(config, schema)
        network.load_state_dict({name.removeprefix("network."): value for name, value in tensors.items()})
        scaling = Scaling(np.array(described["deviation"]))
        return Classifier(network.eval(), scaling, schema, config, float(described["temperature"]))

    def _train(
        self,
        run: RunContext[ImageConfigT],
        network: nn.Module,
        learning: Dataset,
        checking: data.Arrays,
        weights: Single | None,
    ) -> None:
        config, found = run.config, run.resume()
        # Shuffling has its own generator, so that a network's dropout does not change the order of the images. An
        # incomplete last batch is dropped, because batch normalisation over a few images is too noisy.
        batches = data.Batches(
            learning,
            min(config.batch_size, len(learning)),
            shuffle=True,
            drop_last=True,
            generator=np.random.Generator(np.random.PCG64([run.seed, 1])),
        )
        total_steps = max(2, config.epochs * len(batches))
        optimizer = optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        schedule = optim.schedules.OneCycle(optimizer, config.learning_rate, max(total_steps, 8))
        average = optim.MovingAverage(network, decay=config.averaging)
        best = BestAverage(average)
        look = _Look(run, checking)
        # With ``stop_after``, the validation set is used for calibration only. The learning-rate schedule still spans
        # ``epochs``, as in the trial whose config is trained again.
        stopping = () if config.stop_after is not None else (EarlyStopping(config.patience),)
        epochs = min(config.epochs, config.stop_after or config.epochs)

        def loss(scores: Tensor, target: Tensor) -> Tensor:
            # The validation loss is smoothed too, because without smoothing it would rise with every epoch of a
            # network that is trained with it. The temperature compensates for the smoothing afterwards.
            return nn.functional.cross_entropy(scores, target, weight=weights, label_smoothing=config.label_smoothing)

        trainer = Trainer(
            network,
            optimizer,
            loss,
            batches,
            schedule=schedule,
            average=average,
            callbacks=(best, *stopping, look, Reporter(run, total_steps)),
        )
        if found is not None:
            trainer.load(found.folder)
        try:
            validation = data.Batches(checking, _PREDICT_BATCH)
            trainer.fit(epochs, validation=validation, total_steps=total_steps)
        except engine.EngineError as error:
            raise InvalidInput(
                "training failed at step {step}: {reason}",
                where="config.learning_rate",
                next_step="choose a lower learning_rate",
                step=trainer.steps + 1,
                reason=str(error),
            ) from error
        if config.stop_after is None:
            network.load_state_dict(best.weights)
            return
        with average.applied():
            last = network.state_dict()
        network.load_state_dict(last)


class _Look(Callback):
    """Callback that logs the validation accuracy of the averaged weights after each epoch."""

    def __init__(self, run: RunContext[BaseModel], checking: data.Arrays) -> None:
        self.run = run
        self.images, self.labels = checking.arrays

    def after_epoch(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        """Log the share of validation images that the network with the averaged weights classifies correctly."""
        assert trainer.average is not None
        network = trainer.model
        with trainer.average.applied(), engine.no_grad():
            network.eval()
            found = [
                network(Tensor(self.images[start : start + _PREDICT_BATCH])).numpy().argmax(axis=1)
                for start in range(0, len(self.images), _PREDICT_BATCH)
            ]
            network.train()
        self.run.log(trainer.steps, validation_accuracy=float((np.concatenate(found) == self.labels).mean()))


def _class_weights(config: ImageConfig, train: ImagePart) -> Single | None:
    """Return loss weights, ``(class,)``, inverse to the class frequencies, with mean 1 over the training examples.

    Returns None if the config weights all classes equally.
    """
    if config.class_weights == "none":
        return None
    counts = np.bincount(train.labels, minlength=len(train.schema.classes))  # type: ignore[arg-type]
    return (len(train) / (len(counts) * np.maximum(counts, 1))).astype(np.float32)
