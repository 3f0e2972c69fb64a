"""What result pages show of a colored page, beside the page itself."""
from coloring.viewer.pictures import layer_picture, region_picture

__all__ = ["layer_picture", "region_picture"]
