"""One network of shared weights for all candidates of a space of convolutional networks; docs/convnets.md."""
