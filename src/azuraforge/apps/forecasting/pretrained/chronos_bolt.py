"""Chronos-Bolt, a model that predicts quantiles of the next values from patches of a context, in one pass.

Source: Ansari et al., "Chronos: Learning the Language of Time Series", 2024, and the published Chronos-Bolt models,
whose configuration files and weight names this module follows.
"""

from __future__ import annotations

import numpy as np

from azuraforge.apps.forecasting.pretrained.transformer import Decoder, Encoder, Single, Tensors, activated
from azuraforge.apps.forecasting.pretrained.weights_folder import BoltConfig, Weights
from azuraforge.plugins.contract.arrays import Flags, Floats

#: Scale of a context whose values are all equal.
_LEAST_SCALE = 1e-5
#: Number of contexts computed at once; more would need memory without saving time.
BATCH = 32


class ChronosBolt:
    """Chronos-Bolt model with pretrained weights.

    Args:
        config: sizes of the model.
        weights: tensors by their published names.

    Raises InvalidInput if the weights do not match the sizes.
    """

    def __init__(self, config: BoltConfig, weights: Weights) -> None:
        sizes, tensors = config.chronos_config, Tensors(weights)
        self.config, self.weights = config, weights
        self.context = sizes.context_length
        self.levels = sizes.quantiles
        self._sizes = sizes
        shared = tensors.get("shared.weight", 2 if sizes.use_reg_token else 1, config.d_model)
        self._register = shared[1] if sizes.use_reg_token else None
        self._encoder = Encoder(config, tensors)
        self._decoder = Decoder(config, tensors, shared[min(config.decoder_start_token_id, len(shared) - 1)])
        patch = 2 * sizes.input_patch_size
        self._embed = _Residual(config, tensors, "input_patch_embedding", patch, config.d_model)
        answers = len(sizes.quantiles) * sizes.prediction_length
        self._answer = _Residual(config, tensors, "output_patch_embedding", config.d_model, answers)

    def forecast(self, contexts: Floats, horizon: int) -> Floats:
        """Return quantiles at ``levels`` of the next values, ``(series, level, horizon)``.

        Beyond the prediction length of one pass, each quantile is appended to the context as a separate path, and the
        predictions of all paths are reduced to quantiles again, as the authors do.

        Args:
            contexts: values up to each origin, ``(series, row)``; NaN if unknown.
            horizon: number of rows ahead.
        """
        parts = [self._forecast(contexts[start : start + BATCH], horizon) for start in range(0, len(contexts), BATCH)]
        return np.concatenate(parts)

    def _forecast(self, contexts: Floats, horizon: int) -> Floats:
        contexts = contexts[:, -self.context :]
        found = [self._once(contexts)]
        levels = len(self.levels)
        paths = np.repeat(contexts[:, None], levels, axis=1)
        while sum(part.shape[2] for part in found) < horizon:
            paths = np.concatenate([paths, found[-1]], axis=2)[:, :, -self.context :]
            batch, _, rows = paths.shape
            every = np.concatenate([self._once(part) for part in np.array_split(paths.reshape(-1, rows), levels)])
            every = every.reshape(batch, levels * levels, -1)
            found.append(np.moveaxis(np.quantile(every, self.levels, axis=1), 0, 1))
        return np.concatenate(found, axis=2)[:, :, :horizon]

    def _once(self, contexts: Floats) -> Floats:
        """Return the quantiles ``(series, level, prediction_length)`` of one pass."""
        known = np.isfinite(contexts)
        where, scale = location_and_scale(contexts, known)
        scaled = np.where(known, (contexts - where) / scale, 0.0).astype(np.float32)
        patches, counts = self._patches(scaled, known)
        x = self._embed(patches)
        if self._register is not None:
            x = np.concatenate([x, np.broadcast_to(self._register, (len(x), 1, x.shape[2]))], axis=1)
            counts = np.concatenate([counts, np.ones((len(x), 1), dtype=bool)], axis=1)
        decoded = self._decoder(self._encoder(x, counts), counts)
        answers = self._answer(decoded).reshape(len(contexts), len(self.levels), -1)
        return np.asarray(answers * scale[:, :, None] + where[:, :, None])

    def _patches(self, scaled: Single, known: Flags) -> tuple[Single, Flags]:
        """Return the patches, ``(series, patch, 2 · patch size)``, and a mask of those with a known value.

        Each patch contains its scaled values, then 1 for each known value and 0 for each unknown value.
        """
        size = self._sizes.input_patch_size
        missing = -scaled.shape[1] % size
        before = ((0, 0), (missing, 0))
        values = np.pad(scaled, before).reshape(len(scaled), -1, size)
        flags = np.pad(known, before).reshape(len(scaled), -1, size)
        counts: Flags = np.asarray(flags.any(axis=2))
        return np.concatenate([values, flags.astype(np.float32)], axis=2), counts


class _Residual:
    """Residual block: a hidden layer, and a linear connection that bypasses it."""

    def __init__(self, config: BoltConfig, tensors: Tensors, name: str, inputs: int, outputs: int) -> None:
        shapes = {"hidden_layer": (config.d_ff, inputs), "output_layer": (outputs, config.d_ff)}
        shapes["residual_layer"] = (outputs, inputs)
        self._weights = {
            each: np.ascontiguousarray(tensors.get(f"{name}.{each}.weight", *shape).T) for each, shape in shapes.items()
        }
        self._biases = {each: tensors.get(f"{name}.{each}.bias", shape[0]) for each, shape in shapes.items()}
        self._activation = config.dense_act_fn

    def __call__(self, x: Single) -> Single:
        hidden = activated(self._linear("hidden_layer", x), self._activation)
        return self._linear("output_layer", hidden) + self._linear("residual_layer", x)

    def _linear(self, layer: str, x: Single) -> Single:
        return np.asarray(x @ self._weights[layer] + self._biases[layer])


def location_and_scale(contexts: Floats, known: Flags) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the known values, both ``(series, 1)``; 0 and 1 if there are none.

    A standard deviation of 0 is replaced by ``_LEAST_SCALE``.
    """
    count = known.sum(axis=1, keepdims=True)
    there = np.maximum(count, 1)
    mean = np.where(known, contexts, 0).sum(axis=1, keepdims=True) / there
    spread = np.sqrt((np.where(known, contexts - mean, 0) ** 2).sum(axis=1, keepdims=True) / there)
    return mean, np.where(count > 0, np.where(spread > 0, spread, _LEAST_SCALE), 1.0)
