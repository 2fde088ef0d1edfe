"""The state of each model's loop: observed, predicted, judged, learned, gate, champion."""
