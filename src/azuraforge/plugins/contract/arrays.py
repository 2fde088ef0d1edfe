"""Types of the arrays in the contract. The API and the supervisor import the contract but never NumPy; children do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
