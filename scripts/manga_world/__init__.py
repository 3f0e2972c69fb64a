"""An invented manga world: thirty characters, props and places whose colors are known, drawn by code at two levels."""

from .page import render_page, render_page_and_structure
from .parts import LEVELS, label_table

__all__ = ["LEVELS", "label_table", "render_page", "render_page_and_structure"]
