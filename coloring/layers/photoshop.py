"""Write Photoshop documents (.psd)."""
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from psd_tools.constants import BlendMode, ChannelID, ColorMode, Compression, Tag
from psd_tools.psd import PSD, GlobalLayerMaskInfo, LayerInfo, TaggedBlocks
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import ImageResources
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    LayerAndMaskInformation,
    LayerRecord,
    LayerRecords,
)

from coloring.layers.errors import LayersError
from coloring.layers.images import visible_part
from coloring.layers.layer import Layer, flatten
from util.files import replacing

LONGEST_SIDE = 30_000  # pixels that the format can hold
LARGEST_FILE = 2**31 - 1  # bytes that it can hold
DEPTH = 8  # bits per channel
BLEND_MODES = {"normal": BlendMode.NORMAL, "multiply": BlendMode.MULTIPLY}
LONGEST_NAME = 255  # characters that Photoshop accepts
LONGEST_OLD_NAME = 31  # bytes that programs without Unicode names accept


def write_photoshop(layers: Sequence[Layer], path: Path) -> None:
    """Write layers, the lowest one first, into an RGB document of 8 bits, whole or not at all.

    The merged image is stored too, for programs that read no layers. Raises LayersError for what is too large.
    """
    # From psd-tools' low-level parts: PSDImage stores alpha in RGB documents as a mask, not as transparency, and
    # composites a merged image of its own, in seconds.
    height, width = layers[0].pixels.shape[:2]
    if max(height, width) > LONGEST_SIDE:
        raise LayersError(
            f"its layers cannot become a PSD: {width} × {height} pixels are more than {LONGEST_SIDE} a side. "
            "Use --layers ora."
        )
    header = FileHeader(channels=3, height=height, width=width, depth=DEPTH, color_mode=ColorMode.RGB)
    records, pixels = zip(*map(_record, layers), strict=True)
    info = LayerInfo(len(layers), LayerRecords(records), ChannelImageData(pixels))
    merged = ImageData(Compression.RLE)
    merged.set_data([plane.tobytes() for plane in np.moveaxis(flatten(layers), -1, 0)], header)
    document = PSD(
        header=header, image_resources=ImageResources.new(),
        layer_and_mask_information=LayerAndMaskInformation(info, GlobalLayerMaskInfo(), TaggedBlocks()),
        image_data=merged,
    )  # fmt: skip
    if len(merged.data) + sum(info.length for record in records for info in record.channel_info) > LARGEST_FILE:
        raise LayersError("its layers cannot become a PSD: they take more than 2 GB. Use --layers ora.")
    with replacing(path) as temporary, temporary.open("wb") as file:
        document.write(file)


def _record(layer: Layer) -> tuple[LayerRecord, ChannelDataList]:
    """What the document says of a layer, and its channels."""
    image, (left, top) = visible_part(layer)
    alpha = image.getchannel("A") if image.mode == "RGBA" else Image.new("L", image.size, 255)
    planes = {ChannelID.TRANSPARENCY_MASK: alpha}
    planes |= {ChannelID(number): image.getchannel(number) for number in range(3)}
    channels = ChannelDataList()
    for plane in planes.values():
        channels.append(ChannelData(Compression.RLE))
        channels[-1].set_data(plane.tobytes(), *image.size, DEPTH)
    record = LayerRecord(
        top=top, left=left, bottom=top + image.height, right=left + image.width,
        channel_info=[
            ChannelInfo(number, len(channel.data) + 2)  # 2 bytes name the compression
            for number, channel in zip(planes, channels, strict=True)
        ],
        blend_mode=BLEND_MODES[layer.blend],
        # Programs read the Unicode name; the old one, in an encoding that no file names, is ASCII.
        name=layer.name.encode("ascii", "replace").decode()[:LONGEST_OLD_NAME],
    )  # fmt: skip
    record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, layer.name[:LONGEST_NAME])
    return record, channels
