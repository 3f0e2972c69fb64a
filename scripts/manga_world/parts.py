"""Everything that has a color of its own: the table behind ``labels.json`` and behind every picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from .hairstyles import FRONTS
from .palette import COLORS, EASY_TONES, Color, hard_tone, lightened, luma, shaded
from .people import PEOPLE, colors_of

LEVELS = ("easy", "hard")


@dataclass(frozen=True)
class Part:
    """A part: its ``label`` (0: none), who owns it, its flat color, its tone.

    ``woven`` names the part that the inked half of a woven pattern is.
    """

    name: str
    label: int
    owner: str | None
    color: Color
    tone: str
    woven: str | None = None

    @property
    def shade(self) -> Color:
        """Its color in shadow; what is solid ink in the scan shows none."""
        return self.color if self.tone == "black" else shaded(self.color)


# Props and places: color, and the tone that draws what it is made of at every level.
THINGS: dict[str, tuple[Color, str]] = {
    "sky": ((112, 190, 250), "sky"), "cloud": ((250, 252, 255), "blank"), "sea": ((26, 120, 204), "waves"),
    "sand": ((248, 222, 152), "stipple"), "grass": ((112, 196, 70), "tufts"), "hill": ((150, 214, 96), "tufts_far"),
    "leaf": ((46, 142, 66), "leaves"), "wood": ((134, 82, 46), "bark"), "wall": ((226, 172, 108), "planks"),
    "floor": ((184, 116, 62), "floorboards"), "frame": ((146, 84, 44), "cross"), "rug": ((196, 60, 70), "dots_coarse"),
    "curtain": ((70, 150, 90), "upright_bold"), "night": ((34, 38, 104), "night"), "moon": ((255, 236, 140), "blank"),
    "brick": ((150, 76, 70), "bricks"), "roof": ((92, 58, 96), "roof"), "glow": ((255, 222, 110), "blank"),
    "road": ((98, 98, 136), "zigzag"), "evening": ((252, 150, 72), "blank"), "sun": ((255, 240, 150), "blank"),
    "evening.hill": ((112, 54, 112), "hatch_heavy"), "evening.sea": ((216, 92, 84), "glitter"),
    "ash": ((150, 96, 96), "grains"), "smoke": ((92, 84, 96), "hatch_heavy"), "rock": ((112, 104, 112), "cracks"),
    "lava": ((255, 98, 24), "flow"), "fire": ((255, 120, 20), "blank"), "fire.core": ((255, 226, 90), "blank"),
    "winter": ((196, 220, 240), "blank"), "ice": ((140, 200, 236), "slope"), "snow": ((244, 250, 255), "blank"),
    "pine": ((26, 92, 72), "dots_dense"), "stone": ((164, 160, 150), "blocks"), "marble": ((216, 212, 226), "tiles"),
    "banner": ((64, 60, 160), "lines_upright"), "carpet": ((190, 30, 60), "dots_dense"),
    "haze": ((255, 224, 170), "blank"), "pyramid": ((220, 178, 96), "bricks"), "cactus": ((70, 150, 80), "dashes_up"),
    "torii": ((226, 60, 40), "lines_flat"), "gravel": ((200, 196, 180), "grains_fine"),
    "blossom": ((255, 180, 208), "scribble"), "cavern": ((58, 54, 96), "mesh"), "crystal": ((130, 226, 240), "blank"),
    "pool": ((40, 140, 170), "glitter"), "tile": ((214, 238, 232), "tiles"), "cupboard": ((120, 170, 160), "blank"),
    "steel": ((176, 184, 200), "lines_fine"), "brass": ((228, 180, 60), "blank"),
    "leather": ((110, 66, 40), "dots_heavy"), "straw": ((240, 208, 120), "tatami"), "halo": ((255, 244, 150), "blank"),
    "cream": ((250, 236, 210), "blank"), "toadstool": ((214, 46, 46), "dots_far"), "petal": ((240, 90, 130), "blank"),
    "pollen": ((255, 214, 70), "blank"), "crate": ((198, 146, 88), "planks"), "clay": ((196, 104, 66), "hatch"),
    "cat": ((70, 66, 80), "black"), "bone": ((240, 234, 214), "blank"), "balloon": ((60, 130, 240), "dots_light"),
    "blood": ((160, 12, 30), "black"), "umbrella": ((200, 60, 90), "stripes"), "porcelain": ((236, 244, 255), "blank"),
    "tea": ((170, 110, 50), "dots_dense"), "book": ((40, 90, 180), "hatch_back"),
    "apple": ((222, 40, 40), "dots_dense"), "ball": ((250, 140, 40), "dots_light"), "sail": ((252, 252, 252), "blank"),
    "boat": ((200, 60, 50), "lines_flat"), "burst": ((255, 226, 110), "blank"),
    "dream": ((255, 204, 222), "dots_light"), "gloom": ((132, 116, 184), "lines_upright"),
    "mouth": ((146, 30, 44), "black"), "tongue": ((255, 128, 124), "blank"), "tear": ((150, 214, 250), "lines_flat"),
    "sfx": ((255, 206, 60), "blank"), "sfx.edge": ((20, 16, 26), "black"),
}
UNLABELLED = ("sfx", "sfx.edge")


@lru_cache(maxsize=2)
def world_parts(level: str) -> dict[str, Part]:
    """Every part by name; the labels are the same at both levels, the tones are not."""
    parts: dict[str, Part] = {}
    labels = count(1)

    def add(name: str, owner: str | None, color: Color, tone: str) -> None:
        parts[name] = Part(name, 0 if name in UNLABELLED else next(labels), owner, color, tone)

    for number, person in enumerate(PEOPLE):
        for index, (name, color) in enumerate(colors_of(person).items()):
            part = name.rpartition(".")[2]
            tone = _tone(level, part, color, number, index)
            add(name, person.name, COLORS[color], tone)
            if part == "hair" and person.hair[1] in FRONTS and FRONTS[person.hair[1]].shine:
                light = lightened(COLORS[color])
                add(f"{name}.light", person.name, light,
                    "blank" if tone == "black" or luma(COLORS[color]) < 150 else tone)
        if person.weave:
            ground = f"{person.name}.accent" if person.top[0] == "overalls" else f"{person.name}.top"
            base = parts[ground]
            parts[f"{person.name}.woven"] = Part(f"{person.name}.woven", base.label, person.name, base.color,
                                                 person.weave[0],
                                                 f"{person.name}.weave")
    for name, (flat, tone) in THINGS.items():
        add(name, None, flat, tone)
    return parts


def _tone(level: str, part: str, color: str, person: int, index: int) -> str:
    """Eyes are too small for tones, and a face must not drown in black."""
    if part == "eye":
        return "blank"
    if level == "easy":
        return EASY_TONES[color]
    if part == "skin":
        return ("dots_light", "blank", "hatch")[person % 3] if color in ("umber", "cocoa") else "blank"
    return hard_tone(COLORS[color], person * 5 + index * 3)


def label_table() -> list[dict | None]:
    """The entries of ``labels.json``: entry n describes the pixels of value n in a label map."""
    named = sorted((part for part in world_parts("easy").values() if part.label and not part.woven),
                   key=lambda part: part.label)
    return [None, *({"name": part.name, "owner": part.owner, "color": list(part.color)} for part in named)]
