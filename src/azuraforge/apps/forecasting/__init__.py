"""Built-in forecasters, and the baselines that every forecaster is compared with."""
