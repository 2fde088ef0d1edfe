"""A peer of ``benchmarks/competition.py``: one network (N-HiTS) of neuralforecast for all series of a set.

Usage: neuralforecast_peer.py SERIES.json HORIZON STEPS
"""

import json
import logging
import sys
import time
import warnings

import pandas as pd
from neuralforecast import NeuralForecast
from neuralforecast.models import NHITS

warnings.simplefilter("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
with open(sys.argv[1]) as file:
    series = json.load(file)
horizon, steps = int(sys.argv[2]), int(sys.argv[3])
frame = pd.DataFrame(
    {
        "unique_id": [f"{place:05d}" for place, values in enumerate(series) for _ in values],
        "ds": [row for values in series for row in range(len(values))],
        "y": [value for values in series for value in values],
    }
)
model = NHITS(
    h=horizon,
    input_size=2 * horizon,
    max_steps=steps,
    scaler_type="robust",
    start_padding_enabled=True,  # a series may be shorter than the input
    random_seed=7,
    accelerator="cpu",
    enable_progress_bar=False,
    enable_model_summary=False,
    enable_checkpointing=False,
    logger=False,
)
began = time.process_time()
network = NeuralForecast(models=[model], freq=1)
network.fit(frame)
made = network.predict().sort_values(["unique_id", "ds"])["NHITS"].to_numpy().reshape(len(series), horizon)
print(json.dumps({"seconds": time.process_time() - began, "points": made.tolist()}))
