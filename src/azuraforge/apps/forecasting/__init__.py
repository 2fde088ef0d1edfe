"""Forecasting: an LSTM, and the baselines that every forecaster is judged beside."""
