"""Forecasting: an LSTM and other forecasters, and the baselines that every forecaster is compared with."""
