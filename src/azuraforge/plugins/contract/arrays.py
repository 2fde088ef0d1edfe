"""Types of the arrays in the contract.

This module is separate because the API and the supervisor import the contract without loading NumPy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
