"""Gradient-boosted trees on lags: LightGBM grows the trees, NumPy evaluates them."""
