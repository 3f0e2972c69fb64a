"""The layers that a colored page is made of, and the files that painting programs open."""
from coloring.layers.layer import Layer, flatten

__all__ = ["Layer", "flatten"]
