"""The cast: who has which hair, clothes, emblem, accessories and colors.

The color of every part is fixed by who it belongs to, and who it is shows in the ink: no two have the same hair,
and clothes, emblems and accessories differ besides.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """One character. Colors are names of the palette; ``build`` scales the body's width and height.

    ``hair``, ``top``, ``bottom`` and ``emblem`` are (shape, color); hair has a back and a front. ``weave``, where
    given, is a tone and the color of its inked half on the top, for woven patterns. ``accent`` colors the
    collar, the belt, the trimmings and the accessories in ``wears``.
    """

    name: str
    hair: tuple[str, str, str]
    skin: str
    eye: str
    top: tuple[str, str]
    bottom: tuple[str, str]
    accent: str
    emblem: tuple[str, str]
    wears: tuple[str, ...]
    shoes: str
    build: tuple[float, float] = (1.0, 1.1)
    weave: tuple[str, str] | None = None


PEOPLE: tuple[Person, ...] = (
    Person("aoi", ("twintails", "locks", "azure"), "fair", "blue", ("sailor", "white"), ("skirt", "navy"), "red",
           ("anchor", "gold"), ("hair_bows",), "brown"),
    Person("bram", ("bald", "short", "rust"), "honey", "green", ("armor", "silver"), ("pants", "chestnut"), "crimson",
           ("lion", "gold"), ("beard", "scar"), "charcoal", (1.25, 1.2)),
    Person("chiyo", ("topknot", "bun_part", "silver"), "fair", "grey", ("kimono", "plum"), ("hakama", "plum"), "gold",
           ("fan", "white"), ("hairpin", "wrinkles"), "tan", (0.9, 0.95)),
    Person("dario", ("afro", "curls", "chestnut"), "cocoa", "gold", ("tee", "orange"), ("shorts", "teal"), "lime",
           ("sun", "yellow"), ("headphones",), "white", (1.0, 1.15)),
    Person("emi", ("bob", "straight", "pink"), "fair", "magenta", ("hoodie", "mint"), ("shorts", "charcoal"), "rose",
           ("rabbit", "white"), ("clips",), "rose", (0.9, 1.0)),
    Person("falk", ("mane", "spikes", "mint"), "honey", "rust", ("gi", "crimson"), ("pants", "crimson"), "gold",
           ("spiral", "white"), ("wristbands",), "navy", (1.15, 1.2)),
    Person("gwen", ("long", "curtains", "red"), "fair", "green", ("dress", "forest"), ("long_skirt", "forest"), "cream",
           ("leaf", "lime"), ("leaf_crown",), "brown", (0.95, 1.2)),
    Person("hiro", ("spiky", "teeth", "raven"), "fair", "brown", ("blazer", "indigo"), ("pants", "grey"), "crimson",
           ("shield", "gold"), (), "chestnut"),
    Person("iris", ("braids", "strands", "orange"), "honey", "teal", ("overalls", "blue"), ("pants", "blue"), "cream",
           ("flower", "yellow"), ("freckles", "straw_hat"), "olive", (0.95, 1.0), ("stripes", "rose")),
    Person("jun", ("flip", "veil", "navy"), "fair", "indigo", ("coat", "raven"), ("pants", "charcoal"), "purple",
           ("moon", "silver"), ("choker",), "raven", (0.95, 1.25)),
    Person("kira", ("ponytail", "swept", "purple"), "umber", "lime", ("tank", "charcoal"), ("pants", "olive"), "red",
           ("bolt", "yellow"), ("headband", "gloves"), "rust", (0.95, 1.15)),
    Person("luc", ("wavy", "long_locks", "gold"), "fair", "azure", ("robe", "white"), ("robe_skirt", "white"), "gold",
           ("cross", "azure"), ("halo",), "cream", (0.95, 1.25)),
    Person("mei", ("buns", "teeth", "brown"), "fair", "chestnut", ("qipao", "red"), ("skirt", "red"), "gold",
           ("dragon", "gold"), ("bun_covers",), "raven", (0.95, 1.05)),
    Person("nox", ("shaggy", "strands", "plum"), "dusk", "red", ("cape", "crimson"), ("pants", "raven"), "gold",
           ("bat", "raven"), ("horns",), "raven", (1.0, 1.25)),
    Person("otto", ("bald", "bald", "grey"), "fair", "blue", ("suit", "grey"), ("pants", "grey"), "navy",
           ("diamond", "cyan"), ("mustache", "monocle"), "raven", (1.3, 1.0)),
    Person("pia", ("drills", "bowl", "gold"), "fair", "purple", ("gown", "rose"), ("long_skirt", "rose"), "white",
           ("heart", "crimson"), ("tiara",), "white", (0.9, 1.05)),
    Person("quin", ("bald", "crest", "lime"), "honey", "orange", ("vest", "raven"), ("pants", "red"), "silver",
           ("skull", "white"), ("earrings", "bandage"), "charcoal", (1.0, 1.15), ),
    Person("rui", ("sheet", "straight", "raven"), "fair", "crimson", ("miko", "white"), ("hakama", "red"), "red",
           ("tomoe", "red"), ("ribbon_low",), "white", (0.9, 1.1)),
    Person("sol", ("loops", "bowl", "cyan"), "umber", "cyan", ("bodysuit", "silver"), ("pants", "silver"), "blue",
           ("ring", "orange"), ("antennae",), "blue", (0.9, 1.15)),
    Person("tama", ("flip", "teeth", "cream"), "fair", "gold", ("sweater", "magenta"), ("skirt", "charcoal"), "pink",
           ("paw", "white"), ("cat_ears", "bell"), "magenta", (0.9, 0.95)),
    Person("ugo", ("crop", "tuft", "green"), "fern", "yellow", ("tunic", "brown"), ("shorts", "tan"), "olive",
           ("mushroom", "red"), ("long_ears", "belt"), "olive", (0.95, 0.9)),
    Person("vera", ("side_tail", "curtains", "teal"), "cocoa", "cream", ("labcoat", "white"), ("pants", "navy"), "teal",
           ("drop", "cyan"), ("glasses",), "grey", (0.95, 1.15)),
    Person("wulf", ("windy", "spikes", "silver"), "honey", "cyan", ("jacket", "navy"), ("pants", "tan"), "azure",
           ("fang", "white"), ("goggles", "scarf"), "chestnut", (1.1, 1.2)),
    Person("xeno", ("curly", "curls", "magenta"), "dusk", "yellow", ("jersey", "yellow"), ("shorts", "purple"),
           "purple",
           ("seven", "purple"), ("cap",), "green", (0.95, 1.05), ("bars", "white")),
    Person("yori", ("bob", "swept", "forest"), "umber", "brown", ("poncho", "rust"), ("pants", "cream"), "teal",
           ("triangle", "teal"), ("feather",), "brown", (1.0, 1.05), ("checks_large", "tan")),
    Person("zara", ("wavy", "veil", "crimson"), "umber", "green", ("pirate", "indigo"), ("pants", "tan"), "yellow",
           ("bones", "white"), ("eyepatch", "tricorn"), "chestnut", (1.0, 1.15)),
    Person("bo", ("crop", "bowl", "brown"), "cocoa", "blue", ("raincoat", "yellow"), ("shorts", "blue"), "green",
           ("duck", "orange"), ("cheeks",), "green", (1.0, 0.8)),
    Person("cleo", ("sheet", "bowl", "indigo"), "umber", "teal", ("toga", "cream"), ("long_skirt", "cream"), "gold",
           ("eye", "blue"), ("collar_gold", "headdress"), "gold", (0.95, 1.15)),
    Person("dex", ("spiky", "slick", "charcoal"), "honey", "orange", ("turtleneck", "forest"), ("pants", "brown"),
           "rust",
           ("gear", "silver"), ("mask",), "raven", (1.05, 1.2)),
    Person("elfa", ("long", "tuft", "lavender"), "fair", "purple", ("cloak", "teal"), ("robe_skirt", "lavender"),
           "gold",
           ("snow", "white"), ("long_ears", "circlet"), "white", (0.9, 1.2)),
)
BY_NAME = {person.name: person for person in PEOPLE}


def colors_of(person: Person) -> dict[str, str]:
    """The part names of a character and their palette colors, without the shine of the hair."""
    parts = {"skin": person.skin, "hair": person.hair[2], "eye": person.eye, "top": person.top[1],
             "bottom": person.bottom[1], "accent": person.accent, "emblem": person.emblem[1], "shoes": person.shoes}
    if person.weave:
        parts["weave"] = person.weave[1]
    return {f"{person.name}.{part}": color for part, color in parts.items()}
