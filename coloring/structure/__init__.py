"""What is where on a page: panels, balloons, lettering, paper.

    from coloring.structure import find_structure

    structure = find_structure(page)  # (H, W) uint8 luminance
    structure.panels, structure.balloons  # (H, W) uint16 maps of numbers
"""
from coloring.structure.structure import Box, PageStructure, find_structure

__all__ = ["Box", "PageStructure", "find_structure"]
