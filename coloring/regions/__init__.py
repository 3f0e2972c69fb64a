"""Regions: areas of a page that its line art encloses, gaps closed, which a colorist fills with one flat color each."""
from coloring.regions.finding import Regions, find_regions
from coloring.regions.merging import Contacts
from coloring.regions.sums import sums_by_label

__all__ = ["Contacts", "Regions", "find_regions", "sums_by_label"]
