"""Read XML that nobody vouches for: nothing is expanded, nothing is fetched, and nothing large is read."""
import re
from dataclasses import dataclass
from xml.parsers import expat

# References to entities that XML does not know by itself, such as &nbsp; of XHTML: nothing here depends on them.
_FOREIGN_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")


class BadXml(Exception):
    """XML that is damaged, or that declares what it should not; the message says what, in one line."""


@dataclass(frozen=True)
class Element:
    """A start tag: its name and its attributes, by name, all without the prefixes of namespaces."""

    name: str
    attributes: dict[str, str]


def read_elements(data: bytes) -> list[Element]:
    """Return all elements of an XML document in its order, nested ones after those around them.

    An internal document type declaration, in which entities could be defined, is refused; an external one is not
    fetched. Raises BadXml.
    """
    found: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append(Element(_local(name), {_local(key): value for key, value in attributes.items()}))

    def doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
        if internal:
            raise BadXml("declares a document type of its own, which is not read")

    def entity(*_: object) -> None:
        raise BadXml("declares entities, which are not expanded")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(_FOREIGN_ENTITY.sub(b"", data), True)
    except (expat.ExpatError, ValueError, LookupError) as error:  # the latter two: of encodings
        raise BadXml("no XML, or damaged") from error
    return found


def _local(name: str) -> str:
    return name.rpartition(":")[2]
