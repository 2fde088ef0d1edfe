"""The learning loop of each model and the state of its steps: observed, predicted, judged, learned, gate, champion."""
