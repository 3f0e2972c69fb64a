"""Flats: one color for each region of a page, decided from what a network says about all of the region."""
from coloring.flats.deciding import RegionColors, decide_colors
from coloring.flats.votes import cast_votes

__all__ = ["RegionColors", "cast_votes", "decide_colors"]
