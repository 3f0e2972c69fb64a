"""A small invented manga world: pages drawn by code, each as a scan and as a coloring."""

from .page import render_page

__all__ = ["render_page"]
