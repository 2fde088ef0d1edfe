"""Gradient-boosted trees on lags: LightGBM grows them, NumPy reads them."""
