"""The learning loop of each model and its state: observed, predicted, judged, learned, gate, champion."""
