"""Finding images below a folder, and reading any of them right."""
import re
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from util.errors import UserError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".tif", ".tiff", ".gif")
# More brightness levels than a page needs: reduced to 8 bits before anything else.
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")


def natural_key(path: Path | str) -> list[tuple[int, int, str]]:
    """Sorts page2 before page10, folder by folder."""
    parts = re.split(r"(\d+)", str(path).lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def list_images(folder: Path | str, limit: float = float("inf")) -> list[Path]:
    """All images below `folder`, in natural order, at most `limit`; hidden files are passed over.

    Raises UserError if the folder does not exist or has no image.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: check --dataroot and --phase")
    found = [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in EXTENSIONS
        and not any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    if not found:
        raise UserError(f"no images in {folder}: put some there ({', '.join(e[1:] for e in EXTENSIONS)})")
    found.sort(key=lambda path: natural_key(path.relative_to(folder)))
    return found if limit >= len(found) else found[: int(limit)]


def result_names(paths: list[Path], folder: Path) -> list[str]:
    """What to call the results: paths below `folder` without suffix, or with it where two would be the same."""
    relative = [path.relative_to(folder) for path in paths]
    stems = Counter(path.with_suffix("") for path in relative)
    return [str(path if stems[path.with_suffix("")] > 1 else path.with_suffix("")) for path in relative]


def read_image(path: Path | str, channels: int = 3) -> Image.Image:
    """One image as RGB (channels 3) or L (channels 1), 8 bits, upright; the first frame of an animation.

    Transparency is laid on white paper. Raises UserError, naming the file, if it can't be read.
    """
    try:
        with Image.open(path) as image:
            return to_paper(ImageOps.exif_transpose(image), channels)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = str(error).replace(str(path), "").strip() or type(error).__name__
        raise UserError(f"can't read the image {path} ({reason}): mend or remove it") from error


def to_paper(image: Image.Image, channels: int = 3) -> Image.Image:
    """Any Pillow image as opaque RGB or L of 8 bits, transparency laid on white."""
    if image.mode in _DEEP_MODES:
        image = _to_8_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        if image.mode in ("La", "RGBa"):  # premultiplied: Pillow converts these to their plain form only
            image = image.convert(image.mode[:-1] + "A")
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return image.convert("RGB" if channels == 3 else "L")


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, or floats, as mode L. Integers span 0..65535 (of 32 bits, also 0..255),
    floats 0..1 or 0..255."""
    levels = np.asarray(image, dtype=np.float64)
    highest = levels.max(initial=0.0)
    if image.mode == "F":
        top = 1.0 if highest <= 1 else 255.0
    else:
        top = 255.0 if image.mode == "I" and highest <= 255 else 65535.0
    return Image.fromarray((levels * (255.0 / top)).clip(0, 255).round().astype(np.uint8))
