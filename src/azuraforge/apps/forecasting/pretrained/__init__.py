"""Pretrained forecasters, whose weights are read from a folder that the administrator provides."""
