"""Regions: areas of a page that its line art encloses, gaps closed, which a colorist fills with one flat color each."""
from coloring.regions.finding import Regions, find_regions
from coloring.regions.merging import Contacts

__all__ = ["Contacts", "Regions", "find_regions"]
