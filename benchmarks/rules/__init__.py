"""Rules that decide whether one forecaster is better than another, and simulated losses to judge them by."""
