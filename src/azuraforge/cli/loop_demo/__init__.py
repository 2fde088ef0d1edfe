"""``azuraforge demo --loop``: a model that keeps learning, from the first row to the new champion."""
