"""EPUBs of images give their pages in spine order; hostile and unfit ones are refused in a line."""
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from data.pages import find_volumes, write_cbz
from tests.coloring.volumes import entries_of
from tests.test_pages_archives import image_bytes, levels, names, opened, refusal, write_zip

CONTAINER = ('<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
             '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>'
             "</container>")  # fmt: skip
XHTML = ('<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
         '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><body>{}'
         "</body></html>")  # fmt: skip
SVG = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
       '<image width="4" height="6" xlink:href="{}"/></svg>')  # fmt: skip
ENCRYPTION = ('<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:CipherData>'
              '<enc:CipherReference URI="{}"/></enc:CipherData></enc:EncryptedData></encryption>')  # fmt: skip


def img(name: str) -> str:
    return XHTML.format(f'<p>&nbsp;<img src="{name}" alt="&copy;"/></p>')


def files(
    documents: Mapping[str, str], images: Sequence[str], spine: Sequence[str] | None = None, metadata: str = "",
    properties: Mapping[str, str] | None = None,
) -> dict[str, bytes]:  # fmt: skip
    """The entries of an EPUB, in OEBPS/. documents and images by file name; images differ in their level, 10, 20, …

    spine: the documents in reading order, by name. properties: of files, by name.
    """
    marks = properties or {}
    listed = "".join(
        f'<item id="{name}" href="{name.replace(" ", "%20")}" properties="{marks.get(name, "")}" '
        f'media-type="{"application/xhtml+xml" if name in documents else "image/png"}"/>'
        for name in (*documents, *images)
    )
    order = "".join(f'<itemref idref="{name}"/>' for name in (documents if spine is None else spine))
    opf = f"<package><metadata>{metadata}</metadata><manifest>{listed}</manifest><spine>{order}</spine></package>"
    found = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OEBPS/content.opf": opf}
    found |= {f"OEBPS/{name}": text for name, text in documents.items()}
    return {name: text.encode() for name, text in found.items()} | {
        f"OEBPS/{name}": image_bytes(10 * number) for number, name in enumerate(images, 1)
    }


def epub(path: Path, entries: Mapping[str, bytes]) -> Path:
    return write_zip(path, entries.items())


def test_pages_are_the_images_in_spine_order(tmp_path):
    documents = {"a.xhtml": img("i/3.png"), "b.xhtml": XHTML.format(SVG.format("i/1%20a.png#x")), "c.xhtml": "<x/>",
                 "d.svg": SVG.format("../OEBPS/i/2.png")}  # fmt: skip
    path = epub(tmp_path / "v.epub", files(documents, ["i/1 a.png", "i/2.png", "i/3.png", "i/unused.png"]))
    volume = opened(path)
    assert (volume.name, volume.kind, volume.problems) == ("v", "archive", [])
    assert names(volume) == ["001_3.png", "002_1 a.png", "003_2.png"]
    assert levels(volume) == [30, 10, 20]


def test_names_stay_where_they_sort_as_they_are_read(tmp_path):
    documents = {"z.xhtml": img("i/2.png"), "a.xhtml": img("i/10.png") + "<!-- end -->", "b.xhtml": img("i/2.png")}
    volume = opened(epub(tmp_path / "v.epub", files(documents, ["i/10.png", "i/2.png"])))
    assert names(volume) == ["OEBPS/i/2.png", "OEBPS/i/10.png"]
    assert levels(volume) == [20, 10]


@pytest.mark.parametrize(
    ("metadata", "properties"),
    [('<meta name="cover" content="c.png"/>', {}), ("", {"c.png": "cover-image"})],
)
@pytest.mark.parametrize("in_spine", [False, True])
def test_a_declared_cover_comes_first_and_once(tmp_path, metadata, properties, in_spine):
    documents = {"1.xhtml": img("1.png")} | ({"2.xhtml": img("c.png")} if in_spine else {})
    content = files(documents, ["1.png", "c.png"], metadata=metadata, properties=properties)
    assert levels(opened(epub(tmp_path / "v.epub", content))) == ([10, 20] if in_spine else [20, 10])


def test_written_as_cbz_it_holds_the_pages_alone(tmp_path):
    content = files({"1.xhtml": img("1.png"), "2.xhtml": img("2.png")}, ["1.png", "2.png"])
    with opened(epub(tmp_path / "v.epub", content)) as volume:
        assert write_cbz(tmp_path / "v.cbz", volume, {}) == []
    made = entries_of(tmp_path / "v.cbz")
    assert made == {f"OEBPS/{n}.png": image_bytes(10 * n) for n in (1, 2)}
    assert list(made) == ["OEBPS/1.png", "OEBPS/2.png"]


def test_an_epub_in_a_folder_is_a_volume(tmp_path):
    epub(tmp_path / "shelf.epub", files({"1.xhtml": img("1.png")}, ["1.png"]))
    (volume,), problems = find_volumes([tmp_path])
    assert (volume.name, names(volume), problems) == ("shelf", ["OEBPS/1.png"], [])


def test_what_is_missing_or_not_read_is_named(tmp_path):
    documents = {"1.xhtml": img("1.png"), "2.xhtml": img("gone.png"), "3.xhtml": img("p.svg"), "4.xhtml": "<p>torn",
                 "5.xhtml": img("http://example.org/5.png")}  # fmt: skip
    volume = opened(epub(tmp_path / "v.epub", files(documents, ["1.png"]) | {"OEBPS/p.svg": b"<svg/>"}))
    assert levels(volume) == [10]
    assert volume.problems == [
        "OEBPS/gone.png: missing, though OEBPS/2.xhtml shows it",
        "OEBPS/p.svg: SVG images are not read: save it as PNG",
        "OEBPS/4.xhtml: no XML, or damaged; its images are missing",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"OEBPS/1.xhtml": XHTML.format("<p>Call me</p>")}, "no page images in it; it is a book of text"),
        ({"OEBPS/content.opf": None}, "OEBPS/content.opf is missing: fetch it again"),
        ({"OEBPS/content.opf": "<package>"}, "OEBPS/content.opf: no XML, or damaged"),
        ({"META-INF/container.xml": "<container/>"}, "META-INF/container.xml names no package document"),
        ({"META-INF/encryption.xml": ENCRYPTION.format("OEBPS/1.png")}, "encrypted (DRM): get a copy without it"),
        ({"META-INF/encryption.xml": ENCRYPTION.format("OEBPS/1.xhtml")}, "encrypted (DRM): get a copy without it"),
        ({"OEBPS/1.xhtml": "<x>" + " " * 9_000_000 + "</x>"}, "no page images in it, but OEBPS/1.xhtml is larger than"),
    ],
)  # fmt: skip
def test_what_holds_no_pages_is_refused_in_one_line(tmp_path, changes, reason):
    content = files({"1.xhtml": img("1.png")}, ["1.png"])
    content |= {name: text.encode() for name, text in changes.items() if text is not None}
    content = {name: data for name, data in content.items() if changes.get(name, "") is not None}
    assert refusal(epub(tmp_path / "v.epub", content)).startswith(reason)


def test_encrypted_fonts_do_not_matter(tmp_path):
    content = files({"1.xhtml": img("1.png")}, ["1.png"])
    content["META-INF/encryption.xml"] = ENCRYPTION.format("OEBPS/font.otf").encode()
    assert levels(opened(epub(tmp_path / "v.epub", content))) == [10]


BOMB = ('<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "]>")  # fmt: skip
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("declared", [BOMB, OUTSIDE])
@pytest.mark.parametrize("where", ["META-INF/container.xml", "OEBPS/content.opf", "OEBPS/1.xhtml"])
def test_entities_are_not_expanded(tmp_path, declared, where):
    content = files({"1.xhtml": img("1.png"), "2.xhtml": img("2.png")}, ["1.png", "2.png"])
    content[where] = (declared + "<x>&i;&a;<img src='1.png'/></x>").encode()
    path = epub(tmp_path / "v.epub", content)
    fault = "declares a document type of its own, which is not read"
    if where.endswith(".xhtml"):
        volume = opened(path)
        assert levels(volume) == [20]
        assert volume.problems == [f"{where}: {fault}; its images are missing"]
    else:
        assert refusal(path).startswith(f"{where}: {fault}")


def test_documents_are_looked_into_up_to_a_size(tmp_path):
    documents = {f"{n}.xhtml": "<x>" + " " * 7_900_000 + "</x>" for n in range(10)} | {"last.xhtml": img("1.png")}
    path = tmp_path / "v.epub"
    write_zip(path, files(documents, ["1.png"]).items(), compression=8)
    assert "is larger than a document of images can be" in refusal(path)


def test_names_that_lead_out_of_the_folder_are_replaced(tmp_path):
    content = files({"1.xhtml": img("../../1.png")}, []) | {"../1.png": image_bytes(50)}
    (volume,), _ = find_volumes([epub(tmp_path / "v.epub", content)])
    assert names(volume) == ["1.png"]
    assert levels(volume) == [50]
