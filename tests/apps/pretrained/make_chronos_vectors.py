"""Write ``chronos_vectors.safetensors``: a tiny Chronos-Bolt with random weights, and what its authors' code answers.

Run it where ``torch``, ``transformers`` and ``chronos-forecasting`` are installed; the suite reads the file only.

    python tests/apps/pretrained/make_chronos_vectors.py
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from chronos.chronos_bolt import ChronosBoltModelForForecasting, ChronosBoltPipeline
from safetensors.torch import save_file
from transformers import T5Config

HERE = Path(__file__).parent
CONFIG = {
    "architectures": ["ChronosBoltModelForForecasting"],
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 24,
    "num_heads": 2,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 12,
    "layer_norm_epsilon": 1e-6,
    "dropout_rate": 0.0,
    "decoder_start_token_id": 0,
    "pad_token_id": 0,
    "chronos_config": {
        "context_length": 64,
        "prediction_length": 6,
        "input_patch_size": 4,
        "input_patch_stride": 4,
        "quantiles": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    },
}
FORMS = {
    "plain": ({"feed_forward_proj": "relu"}, True),
    "gated": ({"feed_forward_proj": "gated-gelu"}, False),
}


def contexts() -> torch.Tensor:
    """``(series, row)``: longer than the context, with holes, short, constant, and large values."""
    generator = torch.Generator().manual_seed(5)
    rows = torch.arange(80, dtype=torch.float32)
    found = torch.stack([torch.sin(rows / k) * 3 + torch.randn(80, generator=generator) * 0.3 for k in range(1, 7)])
    found[1, 20:33] = torch.nan
    found[2, :70] = torch.nan
    found[3] = 2.5
    found[4] = found[4] * 50 + 1000
    found[5, 79] = torch.nan
    return found


def main() -> None:
    """Make both forms of the network, forecast 4 and 15 steps."""
    tensors: dict[str, torch.Tensor] = {"contexts": contexts()}
    described = {}
    for name, (form, register) in FORMS.items():
        torch.manual_seed(3)
        sizes = {**CONFIG["chronos_config"], "use_reg_token": register}
        config = T5Config(**{**CONFIG, **form, "chronos_config": sizes}, is_encoder_decoder=True)
        model = ChronosBoltModelForForecasting(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape) * 0.35)
        pipeline = ChronosBoltPipeline(model)
        state = {key: value.clone() for key, value in model.state_dict().items() if "embed_tokens" not in key}
        tensors |= {f"{name}.weights.{key}": value for key, value in state.items()}
        for steps in (4, 15):
            tensors[f"{name}.answer.{steps}"] = pipeline.predict(contexts(), prediction_length=steps).contiguous()
        described[name] = {**CONFIG, **form, "dense_act_fn": config.dense_act_fn, "chronos_config": sizes}
    save_file(tensors, HERE / "chronos_vectors.safetensors", metadata={"configs": json.dumps(described)})


if __name__ == "__main__":
    main()
