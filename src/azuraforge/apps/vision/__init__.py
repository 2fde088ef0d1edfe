"""Vision: a convolutional network for images, and the baselines that every image classifier is compared with."""
