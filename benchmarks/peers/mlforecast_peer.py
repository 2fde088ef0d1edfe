"""The peer of ``benchmarks/boosting.py``, LightGBM through mlforecast in four configurations.

Usage: mlforecast_peer.py SERIES.csv HORIZON FIRST_TEST_ROW EVERY WINDOWS FREQUENCY
"""

import json
import sys
import time

import lightgbm
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from mlforecast.target_transforms import Differences

path, frequency = sys.argv[1], sys.argv[6]
horizon, first, every, windows = (int(each) for each in sys.argv[2:6])
frame = pd.read_csv(path, parse_dates=["at"]).rename(columns={"at": "ds"})
frame["unique_id"] = "one"
hourly = frequency == "1h"
lags = [1, 2, 3, 4, 5, 6, 12, 23, 24, 25, 48, 72, 168] if hourly else [1, 2, 3, 4, 5, 6, 7, 14, 21, 28, 364]
features = ["hour", "dayofweek", "dayofyear"] if hourly else ["dayofweek", "dayofyear", "month"]
SETTINGS = {
    "defaults": {},
    "500 trees": {"n_estimators": 500, "learning_rate": 0.03, "num_leaves": 31},
}
for differenced in (False, True):
    for name, settings in SETTINGS.items():
        model = lightgbm.LGBMRegressor(verbosity=-1, n_jobs=1, random_state=7, **settings)
        forecast = MLForecast(
            models=[model],
            freq="h" if hourly else "D",
            lags=lags,
            lag_transforms={1: [RollingMean(24 if hourly else 7)]},
            date_features=features,
            target_transforms=[Differences([1])] if differenced else None,
        )
        began = time.process_time()
        forecast.fit(frame.iloc[:first])
        seconds = time.process_time() - began
        squares, count = 0.0, 0
        for number in range(windows):
            # An origin is the last known row; the first one stands right before the test set.
            origin = first - 1 + number * every
            known, later = frame.iloc[: origin + 1], frame.iloc[origin + 1 : origin + 1 + horizon]
            made = forecast.predict(len(later), new_df=known.iloc[-1000:])["LGBMRegressor"].to_numpy()
            squares += float(((made - later["y"].to_numpy()) ** 2).sum())
            count += len(later)
        title = f"{name}{', differenced' if differenced else ''}"
        print(json.dumps({"name": title, "rmse": (squares / count) ** 0.5, "seconds": seconds}), flush=True)
