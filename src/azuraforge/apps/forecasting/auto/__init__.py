"""``forecasting.auto``: several forecasters within a time budget, combined by their errors on the validation set."""
