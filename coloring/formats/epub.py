"""EPUBs of images: pages are the images of its documents, in the order in which these are to be read.

META-INF/container.xml names the package document (OPF); its spine names the documents in reading order, which are XHTML
or SVG around images. Text, styles and images that no document of the spine shows are no pages, except the cover.
"""
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile, ZipInfo

from coloring.formats.unread import unread_in_folder
from coloring.formats.xml_elements import BadXml, Element, read_elements
from data.image_folder import is_image, natural_key
from data.pages.archives import ArchiveVolume, Entry
from data.pages.names import Names, claim_pages, printable, safe_name
from data.pages.volume import Page, PageError, Refusal

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_MOST_XML = 8e6  # bytes of a document
_MOST_XML_IN_ALL = 64e6  # bytes of all documents of an EPUB that are looked into
_SVG = "image/svg+xml"
_FETCH_AGAIN = "fetch it again, or pack its images as CBZ"


@dataclass(frozen=True)
class _Item:
    """A file that the package lists: its path in the EPUB, and what it says of it."""

    path: str
    media_type: str
    properties: tuple[str, ...]

    @property
    def is_image(self) -> bool:
        """Whether it is an image that can be a page."""
        is_drawing = self.media_type == _SVG or PurePosixPath(self.path).suffix.lower() in (".svg", ".svgz")
        return not is_drawing and (self.media_type.startswith("image/") or is_image(PurePosixPath(self.path)))


@dataclass(frozen=True)
class _Package:
    """What an EPUB consists of: the files by their id, those of the spine in reading order, and its cover, if any."""

    items: dict[str, _Item]
    spine: list[_Item]
    cover: _Item | None


def is_epub(path: Path) -> bool:
    """Return whether a ZIP archive is an EPUB, by its content; False if it cannot be read."""
    try:
        with ZipFile(path) as archive:
            return _CONTAINER in archive.NameToInfo
    except Exception:  # damaged bytes make zipfile raise nearly anything; who opens it next says what it is
        return False


class EpubVolume(ArchiveVolume):
    """The images of an EPUB in reading order, each once. Its entries are its pages: what else is in it stays behind.

    Pages have the names of their files, or, where these sort otherwise than they are read, a number before them.
    """

    def _take(self, infos: Sequence[ZipInfo]) -> None:
        """Raises Refusal: damaged, encrypted, or a book of text."""
        self._by_path = {info.filename: info for info in infos}
        self._xml_left = _MOST_XML_IN_ALL
        try:
            package = self._package()
            self._refuse_encrypted(package)
            self._images = self._find_images(package)
        except BadXml as error:
            raise Refusal(f"{error}: {_FETCH_AGAIN}") from error
        finally:
            self.close()
        wanted = [info.filename for info in self._images]
        if sorted(wanted, key=lambda name: natural_key(safe_name(name))) == wanted:
            names, renamed = claim_pages(Names(), wanted)
            self.problems += renamed
        else:
            digits = max(3, len(str(len(wanted))))
            numbered = [f"{n:0{digits}d}_{PurePosixPath(safe_name(name)).name}" for n, name in enumerate(wanted, 1)]
            names, _ = claim_pages(Names(), numbered)
        self.pages = [Page(index, name) for index, name in enumerate(names)]
        self.entries = [Entry(page.name, page, info) for page, info in zip(self.pages, self._images, strict=True)]

    def _package(self) -> _Package:
        """Read which files there are, and in which order. Raises BadXml."""
        roots = [element.attributes.get("full-path", "") for element in self._elements(_CONTAINER)
                 if element.name == "rootfile"]  # fmt: skip
        if not roots:
            raise BadXml(f"{_CONTAINER} names no package document")
        opf = posixpath.normpath(roots[0])
        elements = self._elements(opf)
        items = {}
        for element in elements:
            path = _resolved(opf, element.attributes.get("href", ""))
            if element.name == "item" and path:
                properties = tuple(element.attributes.get("properties", "").split())
                media_type = element.attributes.get("media-type", "").lower()
                items[element.attributes.get("id", "")] = _Item(path, media_type, properties)
        order = dict.fromkeys(element.attributes.get("idref", "") for element in elements if element.name == "itemref")
        return _Package(items, [items[name] for name in order if name in items], _cover(elements, items))

    def _refuse_encrypted(self, package: _Package) -> None:
        """Raise Refusal if pages are encrypted; fonts may be."""
        if _ENCRYPTION not in self._by_path:
            return
        references = (element.attributes.get("URI", "") for element in self._elements(_ENCRYPTION)
                      if element.name == "CipherReference")  # fmt: skip
        encrypted = {posixpath.normpath(unquote(reference)).lstrip("/") for reference in references}
        needed = {item.path for item in package.items.values() if item.is_image} | {i.path for i in package.spine}
        if encrypted & needed:
            raise Refusal("encrypted (DRM): get a copy without it, and give that")

    def _find_images(self, package: _Package) -> list[ZipInfo]:
        """Return the pages, each once; what cannot be one becomes a problem. Raises Refusal if there are none."""
        by_path = {item.path: item for item in package.items.values()}
        found: dict[str, ZipInfo] = {}
        for document in package.spine:
            for path in self._shown_in(document):
                item = by_path.get(path) or _Item(path, "", ())
                if path in found:
                    continue
                if path not in self._by_path:
                    self.problems.append(f"{printable(path)}: missing, though {printable(document.path)} shows it")
                elif item.is_image:
                    found[path] = self._by_path[path]
                elif unread := unread_in_folder(PurePosixPath(path)):
                    self.problems.append(f"{printable(path)}: {unread}")
        if not found:
            first = next(iter(self.problems), "")
            raise Refusal(f"no page images in it, but {first}" if first else
                          "no page images in it; it is a book of text: give a volume of images")  # fmt: skip
        cover = package.cover
        if cover and cover.path not in found and cover.path in self._by_path:
            return [self._by_path[cover.path], *found.values()]
        return list(found.values())

    def _shown_in(self, document: _Item) -> list[str]:
        """Return the paths of the images that a document of the spine shows, in its order."""
        if document.is_image:
            return [document.path]
        try:
            elements = self._elements(document.path)
        except BadXml as error:
            self.problems.append(f"{error}; its images are missing")
            return []
        attributes = {"img": "src", "image": "href"}
        shown = [element.attributes.get(attributes[element.name], "") for element in elements
                 if element.name in attributes]  # fmt: skip
        return [path for path in (_resolved(document.path, reference) for reference in shown) if path]

    def _elements(self, path: str) -> list[Element]:
        """Return the elements of an XML document in the EPUB. Raises BadXml, also if it is missing or too large."""
        info = self._by_path.get(path)
        if info is None:
            raise BadXml(f"{printable(path)} is missing")
        self._xml_left -= info.file_size  # more than that never comes out
        if info.file_size > _MOST_XML or self._xml_left < 0:
            raise BadXml(f"{printable(path)} is larger than a document of images can be")
        try:
            return read_elements(self.unpack(info))
        except PageError as error:
            raise BadXml(f"{printable(path)} is {error}") from error
        except BadXml as error:
            raise BadXml(f"{printable(path)}: {error}") from error


def _cover(elements: Sequence[Element], items: dict[str, _Item]) -> _Item | None:
    """Return the cover image that a package declares, as EPUB 3 or as EPUB 2 does."""
    for item in items.values():
        if "cover-image" in item.properties and item.is_image:
            return item
    for element in elements:
        if element.name == "meta" and element.attributes.get("name") == "cover":
            named = items.get(element.attributes.get("content", ""))
            if named and named.is_image:
                return named
    return None


def _resolved(document: str, reference: str) -> str:
    """Return the path in the EPUB that a reference in a document means; "" if it means something outside of it."""
    try:
        parts = urlsplit(reference)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or not parts.path:
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), unquote(parts.path))).lstrip("/")
