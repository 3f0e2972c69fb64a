"""The benchmark world: thirty characters, props and places whose colors are known, at two levels."""

from .page import render_world_page
from .parts import LEVELS, label_table

__all__ = ["LEVELS", "label_table", "render_world_page"]
