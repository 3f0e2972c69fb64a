"""Files that are images or volumes, by their suffix, but are not read: they are named rather than passed over."""
from pathlib import PurePath

from data.image_folder import is_hidden

# What is read as a volume when it is given by itself or lies in a folder.
VOLUMES = (".cbz", ".zip", ".pdf", ".cbr", ".rar", ".cb7", ".7z", ".cbt", ".tar", ".epub")
_IMAGES = frozenset((
    ".heic", ".heif", ".hif", ".avifs", ".apng", ".qoi", ".jxr", ".wdp", ".hdp", ".tga", ".pcx", ".exr", ".dds",
    ".svg", ".svgz", ".eps", ".ai", ".wmf", ".emf", ".psd", ".psb", ".xcf", ".kra", ".ora", ".clip", ".sai", ".sai2",
    ".mdp", ".dng", ".cr2", ".cr3", ".nef", ".arw",
))  # fmt: skip
_OTHER_VOLUMES = frozenset((
    ".djvu", ".djv", ".mobi", ".azw", ".azw3", ".azw4", ".kfx", ".prc", ".lrf", ".chm", ".xps", ".oxps", ".cba", ".ace",
))  # fmt: skip


def unread_in_folder(path: PurePath) -> str:
    """Return why a file of a folder is not read, with the remedy; "" if it is read, or is neither image nor volume."""
    suffix = path.suffix.lower()
    if suffix in _IMAGES:
        return f"{suffix[1:].upper()} images are not read: save it as PNG"
    if suffix in _OTHER_VOLUMES:
        return f"{suffix[1:].upper()} files are not read: convert it to CBZ or PDF"
    return ""


def unread_in_archive(path: PurePath) -> str:
    """Return why an entry of an archive is not read, with the remedy; "" if it is read, or is neither image nor
    volume, or hidden."""
    if is_hidden(path):
        return ""
    if path.suffix.lower() in VOLUMES:
        return "a volume inside of the archive is not read: unpack it and give it by itself"
    return unread_in_folder(path)
