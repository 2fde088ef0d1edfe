"""Image classifiers: a convolutional network, and the baselines that every classifier is compared with."""
