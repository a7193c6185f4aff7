"""Training: the recipe, the augmentation, the loop, and the run that ties them to a folder and a checkpoint."""
