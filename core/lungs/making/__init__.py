"""Masks and films → the network that outlines lungs. Run by ``python -m core lungs train``."""
