"""Write OpenRaster files (.ora), as https://www.openraster.org describes them."""
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from PIL import Image

from coloring.layers.images import encoded_png, visible_part
from coloring.layers.layer import Layer, flatten
from util.files import replacing

MIMETYPE = b"image/openraster"
VERSION = "0.0.3"  # of the specification; what Krita, GIMP and MyPaint write
COMPOSITE_OPS = {"normal": "svg:src-over", "multiply": "svg:multiply"}
THUMBNAIL = (256, 256)  # pixels at most, by the specification
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP can hold: the same layers give the same bytes
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_openraster(layers: Sequence[Layer], path: Path) -> None:
    """Write layers, the lowest one first, into an OpenRaster file, whole or not at all."""
    height, width = layers[0].pixels.shape[:2]
    root = ET.Element("image", version=VERSION, w=str(width), h=str(height))
    stack = ET.SubElement(root, "stack")
    images = []
    for number, layer in enumerate(layers, start=1):
        image, (left, top) = visible_part(layer)
        source = f"data/layer{number:02d}.png"
        images.append((source, encoded_png(image)))
        attributes = {
            "name": _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", layer.name), "src": source, "x": str(left),
            "y": str(top), "opacity": "1.0", "visibility": "visible", "composite-op": COMPOSITE_OPS[layer.blend],
        }  # fmt: skip
        stack.insert(0, ET.Element("layer", attributes))  # the file lists the top layer first
    merged = Image.fromarray(flatten(layers))
    thumbnail = merged.copy()
    thumbnail.thumbnail(THUMBNAIL)

    with replacing(path) as temporary, ZipFile(temporary, "w") as archive:
        archive.writestr(ZipInfo("mimetype", _EARLIEST), MIMETYPE, ZIP_STORED)  # must come first, uncompressed
        archive.writestr(ZipInfo("stack.xml", _EARLIEST), _as_document(root), ZIP_DEFLATED)
        for name, content in images:
            archive.writestr(ZipInfo(name, _EARLIEST), content, ZIP_STORED)
        archive.writestr(ZipInfo("mergedimage.png", _EARLIEST), encoded_png(merged), ZIP_STORED)
        archive.writestr(ZipInfo("Thumbnails/thumbnail.png", _EARLIEST), encoded_png(thumbnail), ZIP_STORED)


def _as_document(root: ET.Element) -> bytes:
    ET.indent(root)
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)
