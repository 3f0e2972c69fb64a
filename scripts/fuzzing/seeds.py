"""Whole files of every kind that is read, small, and the same in every run."""
import gzip
import json
import tarfile
import time
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision.models import resnet18

from models.networks import define_D, define_G


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 56)) -> Image.Image:
    """A gradient with some noise."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    noise = np.random.default_rng(0).integers(0, 40, (size[1], size[0]))
    pixels = np.stack([x * 5, y * 4, 255 - x * 3], axis=-1) + noise[..., None]
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    return image.convert(mode)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def images() -> list[bytes]:
    """Every kind that Pillow writes of the formats that are read."""
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = [picture(), picture("L").convert("RGB")]
    found = [
        encoded(picture(), "JPEG"), encoded(picture("L"), "JPEG", exif=exif),
        encoded(picture(), "JPEG", progressive=True), encoded(picture("CMYK"), "JPEG"),
        encoded(picture(), "WEBP"), encoded(picture("RGBA"), "WEBP", lossless=True, exif=exif),
        encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        encoded(frames[0].convert("P"), "GIF", save_all=True, append_images=[f.convert("P") for f in frames[1:]]),
        encoded(picture("P"), "PNG", transparency=3), encoded(picture(), "PNG", exif=exif),
    ]  # fmt: skip
    found += [encoded(picture(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
    found += [encoded(picture(mode), "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")]
    found += [encoded(picture(mode), "PPM") for mode in ("1", "L", "RGB", "I;16")]
    found += [b"P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12\n", b"P2 2 2 65535 1 2 3 65535\n"]
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        found.append(encoded(picture(), "TIFF", compression=compression))
    found += [encoded(picture(mode), "TIFF") for mode in ("1", "L", "P", "I;16", "F", "CMYK", "LAB", "RGBA")]
    return found


def zipped(entries: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    """An archive of (name, content), always with the same bytes."""
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        archive.comment = comment
        for name, content in entries:
            info = ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, content)
    return file.getvalue()


def archives() -> list[bytes]:
    pages = [(f"ch1/{n}.png", encoded(picture("L", (12, 16)), "PNG")) for n in (1, 2, 10)]
    pages += [("ch1/2.jpg", encoded(picture(size=(16, 16)), "JPEG")), ("cover.webp", encoded(picture(), "WEBP"))]
    others = [("ComicInfo.xml", b"<ComicInfo/>" * 40), ("ch1/", b""), ("notes/a.txt", b"text")]
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return [zipped(pages + others, method, b"a comment") for method in methods] + [zipped([]), zipped(pages[:1])]


def streams() -> list[bytes]:
    """Archives that libarchive reads: tar, 7z packed and stored."""
    import libarchive  # optional

    entries = [(f"ch1/{n}.png", encoded(picture("L", (12, 16)), "PNG")) for n in (2, 1)] + [("notes.txt", b"text" * 40)]
    found = []
    for form, settings in (("ustar", ""), ("7zip", ""), ("7zip", "7zip:compression=store")):
        buffer = BytesIO()
        with libarchive.custom_writer(buffer.write, form, options=settings) as archive:
            for name, content in entries:
                archive.add_file_from_memory(name, len(content), content, mtime=0)
        found.append(buffer.getvalue())
    return found


def epubs() -> list[bytes]:
    """EPUBs of two pages: one of XHTML, one of SVG."""
    container = b'<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    package = (b'<package><manifest><item id="1" href="1.xhtml" media-type="application/xhtml+xml"/>'
               b'<item id="2" href="2.svg" media-type="image/svg+xml"/><item id="c" href="p/1.png"/></manifest>'
               b'<metadata><meta name="cover" content="c"/></metadata>'
               b'<spine><itemref idref="1"/><itemref idref="2"/></spine></package>')  # fmt: skip
    documents = [("META-INF/container.xml", container), ("a.opf", package),
                 ("1.xhtml", b'<html><img src="p/2.png"/></html>'),
                 ("2.svg", b'<svg><image xlink:href="p/1.png"/></svg>')]  # fmt: skip
    images = [(f"p/{n}.png", encoded(picture("L", (12, 16)), "PNG")) for n in (1, 2)]
    return [zipped(documents + images, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]


def names_of(names: Sequence[str]) -> bytes:
    """An archive with these names, as they are; ZipInfo cuts them at NUL, so they are put in afterwards."""
    content = encoded(picture("L", (4, 4)), "PNG")
    wanted = [name.encode("utf-8", "surrogatepass") for name in names]
    stand_ins = [f"{index:x}".rjust(len(name), "_") for index, name in enumerate(wanted)]
    data = zipped([(name, content) for name in stand_ins])
    for stand_in, name in zip(stand_ins, wanted, strict=True):
        data = data.replace(stand_in.encode(), name)
    return data


def pdfs() -> list[bytes]:
    dates = {"creationDate": time.gmtime(0), "modDate": time.gmtime(0)}
    pages = [picture("L"), picture("RGB"), picture("1"), picture("P"), picture("RGBA")]
    several = encoded(pages[0], "PDF", save_all=True, append_images=pages[1:], **dates)
    return [several, *(encoded(page, "PDF", **dates) for page in pages[:3])]


def seeded(value: int) -> torch.Generator:
    return torch.Generator().manual_seed(value)


def generators() -> dict[str, nn.Module]:
    """Small networks of each kind, by name."""
    return {
        "resnet": define_G(3, 3, 2, "resnet_6blocks", "instance", generator=seeded(0)),
        "resnet_batch": define_G(1, 3, 2, "resnet_6blocks", "batch", generator=seeded(1)),
        "unet": define_G(3, 3, 2, "unet_128", "batch", generator=seeded(2)),
        "scan": define_G(3, 1, 2, "scan", generator=seeded(3)),
        "attn_unet": define_G(1, 3, 2, "attn_unet", generator=seeded(4)),
        "patchgan": define_D(3, 2, "basic", generator=seeded(5)),
    }


def slim_resnet18() -> dict[str, torch.Tensor]:
    """The keys and shapes of a ResNet-18, but each tensor is one number repeated, so that the file is small."""
    with torch.device("meta"):
        state = resnet18().state_dict()
    return {key: torch.ones(1, dtype=value.dtype)[0].expand(value.shape) for key, value in state.items()}


def saved(content: Any, zipped: bool = True) -> bytes:
    file = BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def options() -> dict[str, Any]:
    """The options of a run, as opt.json has them."""
    return {
        "model": "pix2pix", "dataset_mode": "aligned", "dataroot": "pairs", "direction": "AtoB", "input_nc": 1,
        "output_nc": 3, "ngf": 2, "ndf": 2, "netG": "resnet_6blocks", "netG_A": None, "netD": "basic",
        "n_layers_D": 3, "norm": "instance", "no_dropout": True, "encoder": "conv", "encoder_weights": None,
        "gpu_ids": [0], "loadSize": 286, "fineSize": 256, "resize_or_crop": "random_part", "page_size": 0,
        "crop_part": [0.5, 1.0], "erasing_area": [0.005, 0.1], "max_dataset_size": "inf", "max_aspect": "inf",
        "lr": 0.0002, "beta1": 0.5, "niter": 100, "niter_decay": 100, "stages": [64, 128, 256],
        "stage_epochs": None, "stage_batch_sizes": [4], "batch_size": 1, "no_flip": False, "gan_mode": "lsgan",
        "no_lsgan": False, "lambda_L1": 100.0, "seed": 0, "suffix": "", "isTrain": True, "epoch": "latest",
        "epoch_count": 1, "lr_policy": "lambda", "pool_size": 0, "phase": "train", "init_gain": 0.02,
    }  # fmt: skip


def history() -> dict[str, Any]:
    return {"command": "python train.py", "epochs": 3, "stage": 1, "images": 600, "seconds": 75, "machine": "2 cores"}


def list_files() -> list[bytes]:
    return [
        b"a.png\nb/c.jpg\n\n# comment\n  d e.png  \n/absolute/f.png\n../g.webp\n",
        b"\xef\xbb\xbfa.png\r\nb.png\r\n", "漫画/第1話.png\nb.png\n".encode(), b"x" * 5000 + b".png\n", b"# nothing\n",
        b"a:" * 400 + b".png\n" + b"d/" * 600 + b"e.png\n", b"".join(b"%d.png\n" % n for n in range(1200)),
    ]  # fmt: skip


def entry() -> dict[str, Any]:
    """What a journal notes of a page."""
    return {
        "volume": "v", "page": "1.png", "identity": "1 2", "outcome": "kept", "image": "images/v/1.png",
        "original": "inputs/v/1.png", "thumbnail": "thumbnails/v/00000.jpg", "stamp": "3-4", "size": [4, 6], "note": "",
    }  # fmt: skip


def posts() -> list[dict[str, Any]]:
    """Metadata of Danbooru, in both of its forms."""
    post = {"id": "7", "image_width": "900", "image_height": "800", "rating": "s", "file_ext": "jpg"}
    tags = [{"name": "solo", "category": "0"}, {"name": "saitama", "category": "4"}]
    return [post | {"tags": tags, "is_deleted": False}, post | {"id": 8, "tag_string": "solo 1girl", "rating": "g"}]


def json_lines(lines: Sequence[Any]) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def shards() -> list[bytes]:
    """Two images and a caption in a tar file: plain, with long names as PAX and as GNU write them, and packed."""
    files = []
    for form, name in ((tarfile.USTAR_FORMAT, "1"), (tarfile.PAX_FORMAT, "é" * 120), (tarfile.GNU_FORMAT, "x" * 120)):
        file = BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=form) as shard:
            for member in (f"{name}.png", f"{name}.txt", "2.jpg"):
                content = encoded(picture("L", (4, 4)), "PNG")
                info = tarfile.TarInfo(member)
                info.size = len(content)
                shard.addfile(info, BytesIO(content))
        files.append(file.getvalue())
    return [*files, packed(files[0])]


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
