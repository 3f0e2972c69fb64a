"""The parts of the world: for every named thing, its tone in a scan and its colors in a coloring."""

from __future__ import annotations

from dataclasses import dataclass

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Part:
    """How one kind of thing looks on either picture.

    ``color`` is the flat color. ``pattern``, where given, is the color of the tone's inked half, for
    clothes whose pattern is woven in (stripes). ``fade``, where given, is the color at the
    bottom of the region: a vertical gradient.
    """

    color: Color
    tone: str = "blank"
    pattern: Color | None = None
    fade: Color | None = None

    @property
    def shade(self) -> Color:
        """The cel shadow: darker, and a little cooler than the flat color."""
        red, green, blue = self.color
        return int(red * 0.78), int(green * 0.72), int(blue * 0.82)


RED, PINK, BLUE, GREEN = (222, 48, 52), (255, 150, 190), (52, 110, 226), (66, 172, 74)
YELLOW, ORANGE, BROWN, PURPLE = (255, 214, 62), (248, 140, 36), (150, 86, 44), (156, 92, 214)
TEAL, MINT, NAVY, WHITE = (24, 170, 170), (150, 236, 200), (34, 44, 112), (255, 255, 255)
SKIN, SKIN_DEEP = (255, 219, 190), (236, 184, 148)

PARTS: dict[str, Part] = {
    "paper": Part(WHITE),
    "ink": Part((12, 10, 16), "black"),
    "skin": Part(SKIN),
    "skin.shadow": Part(SKIN_DEEP, "hatch_back"),
    "skin.blush": Part((255, 168, 156), "hatch_back"),
    "eye.white": Part(WHITE),
    "mouth": Part((146, 30, 44), "black"),
    "tongue": Part((255, 128, 124)),
    "tear": Part((150, 214, 250), "lines_flat"),
    "sfx": Part(YELLOW),
    "shoe": Part(NAVY, "black"),
    "sock": Part(WHITE),
    "ren.hair": Part(NAVY, "black"),
    "ren.hair.light": Part((112, 140, 226)),
    "ren.top": Part(RED, "dots_dense"),
    "ren.bottom": Part(BLUE, "lines_flat"),
    "ren.extra": Part(YELLOW),
    "ren.eye": Part((206, 60, 40)),
    "mika.hair": Part(PINK, "dots_light"),
    "mika.hair.light": Part((255, 206, 226)),
    "mika.top": Part(WHITE),
    "mika.bottom": Part(BLUE, "lines_flat"),
    "mika.extra": Part(RED, "dots_dense"),
    "mika.eye": Part((60, 120, 230)),
    "hana.hair": Part(YELLOW),
    "hana.hair.light": Part((255, 240, 160)),
    "hana.top": Part(GREEN, "hatch"),
    "hana.bottom": Part(GREEN, "hatch"),
    "hana.extra": Part(RED, "dots_dense"),
    "hana.eye": Part((60, 170, 90)),
    "taro.hair": Part(BROWN, "scribble"),
    "taro.hair.light": Part((190, 122, 70), "scribble"),
    "taro.top": Part((255, 244, 226), "stripes", pattern=ORANGE),
    "taro.bottom": Part(BROWN, "cross"),
    "taro.extra": Part((226, 246, 255)),
    "taro.eye": Part((120, 70, 40)),
    "yuki.hair": Part(PURPLE, "lines_upright"),
    "yuki.hair.light": Part((204, 164, 244)),
    "yuki.top": Part((120, 226, 220), "plaid", pattern=TEAL),
    "yuki.bottom": Part((120, 226, 220), "plaid", pattern=TEAL),
    "yuki.extra": Part(YELLOW),
    "yuki.eye": Part((126, 70, 200)),
    "kuro.hair": Part(MINT, "dots_coarse"),
    "kuro.hair.light": Part((214, 255, 236)),
    "kuro.top": Part((240, 200, 255), "polka", pattern=(112, 42, 150)),
    "kuro.bottom": Part((240, 200, 255), "polka", pattern=(112, 42, 150)),
    "kuro.extra": Part(YELLOW),
    "kuro.eye": Part((230, 160, 30)),
    "sky": Part((92, 180, 248), "sky", fade=(178, 228, 255)),
    "cloud": Part((252, 253, 255)),
    "sea": Part((22, 112, 200), "waves", fade=(40, 168, 214)),
    "sand": Part((248, 222, 152), "stipple"),
    "grass": Part((112, 196, 70), "tufts"),
    "hill": Part((150, 214, 96), "tufts_far"),
    "leaf": Part((46, 142, 66), "leaves"),
    "wood": Part((134, 82, 46), "bark"),
    "wall": Part((226, 172, 108), "planks"),
    "floor": Part((184, 116, 62), "floorboards"),
    "frame": Part((146, 84, 44), "cross"),
    "rug": Part(RED, "dots_dense"),
    "night": Part((30, 34, 96), "night", fade=(70, 58, 140)),
    "moon": Part((255, 236, 140)),
    "brick": Part((150, 76, 70), "bricks"),
    "lit": Part((255, 220, 96)),
    "road": Part((98, 98, 136), "zigzag"),
    "dusk": Part((252, 120, 60), "blank", fade=(255, 208, 96)),
    "sun": Part((255, 244, 170)),
    "dusk.hill": Part((112, 54, 112), "hatch_heavy"),
    "dusk.sea": Part((216, 92, 84), "glitter", fade=(238, 150, 90)),
    "burst": Part((255, 232, 120), fade=(255, 196, 84)),
    "dream": Part((255, 190, 214), "dots_light", fade=(255, 226, 226)),
    "gloom": Part((110, 92, 170), "lines_upright", fade=(176, 160, 214)),
    "sail": Part((252, 252, 252)),
    "boat": Part(RED, "dots_dense"),
    "petal": Part(RED, "dots_dense"),
    "lamp": Part((255, 226, 110)),
    "metal": Part(NAVY, "black"),
    "book.red": Part(RED, "dots_dense"),
    "book.blue": Part(BLUE, "lines_flat"),
    "book.green": Part(GREEN, "hatch"),
}
