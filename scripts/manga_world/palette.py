"""The colors of the world by name, and which screentone stands for each in a scan.

At the easy level every color has a tone that no other color has (white and fair skin are left blank); at the
hard level some tones stand for many colors, as in print, and light colors often have none.
"""

from __future__ import annotations

Color = tuple[int, int, int]

COLORS: dict[str, Color] = {
    "white": (255, 255, 255), "silver": (196, 204, 218), "grey": (134, 138, 150), "charcoal": (66, 66, 80),
    "raven": (40, 36, 52), "cream": (252, 238, 204), "tan": (206, 164, 112), "brown": (142, 86, 48),
    "chestnut": (98, 52, 36), "rust": (186, 88, 42), "orange": (246, 136, 34), "gold": (230, 178, 40),
    "yellow": (255, 222, 76), "lime": (166, 214, 56), "green": (60, 162, 74), "forest": (28, 98, 64),
    "olive": (124, 126, 56), "mint": (152, 234, 198), "teal": (22, 150, 150), "cyan": (92, 212, 234),
    "azure": (122, 184, 250), "blue": (46, 102, 222), "navy": (36, 46, 116), "indigo": (82, 66, 176),
    "purple": (144, 82, 208), "lavender": (198, 170, 242), "plum": (104, 42, 100), "magenta": (208, 54, 152),
    "pink": (255, 152, 192), "rose": (236, 96, 122), "red": (216, 42, 50), "crimson": (150, 26, 50),
    "fair": (255, 222, 196), "honey": (238, 190, 148), "umber": (174, 116, 78), "cocoa": (114, 72, 52),
    "fern": (160, 204, 132), "dusk": (176, 170, 222),
}

EASY_TONES: dict[str, str] = {
    "white": "blank", "fair": "blank", "silver": "hatch_far", "grey": "dots_upright", "charcoal": "hatch_heavy",
    "raven": "black", "cream": "dots_far", "tan": "lines_fine", "brown": "cross", "chestnut": "dots_heavy",
    "rust": "scribble", "orange": "dots_coarse", "gold": "squares", "yellow": "dots_light", "lime": "pluses",
    "green": "hatch", "forest": "mesh", "olive": "herringbone", "mint": "rings", "teal": "grid", "cyan": "wave_soft",
    "azure": "dashes", "blue": "lines_flat", "navy": "lines_bold", "indigo": "upright_bold", "purple": "lines_upright",
    "lavender": "wave_tall", "plum": "checks", "magenta": "diamonds", "pink": "grains", "rose": "hatch_steep",
    "red": "dots_dense", "crimson": "holes", "honey": "grains_fine", "umber": "dashes_slant", "cocoa": "back_steep",
    "fern": "triangles", "dusk": "crosses",
}

HARD_POOLS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (95, ("black", "dots_dense", "black", "hatch")),
    (165, ("dots_light", "blank", "dots_dense", "hatch", "blank", "dots_light")),
    (256, ("blank", "blank", "dots_light", "blank")),
)


def luma(color: Color) -> float:
    """Perceived lightness, 0 to 255."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def hard_tone(color: Color, choice: int) -> str:
    """The tone of a part at the hard level: one of the few that suit its lightness, the ``choice``-th."""
    pool = next(tones for limit, tones in HARD_POOLS if luma(color) < limit)
    return pool[choice % len(pool)]


def shaded(color: Color) -> Color:
    """The color in shadow: darker, and a little cooler."""
    return int(color[0] * 0.74), int(color[1] * 0.69), int(color[2] * 0.8)


def lightened(color: Color) -> Color:
    """The color where hair shines."""
    red, green, blue = (int(value + (255 - value) * 0.45) for value in color)
    return red, green, blue
