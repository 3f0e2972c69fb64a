"""What the tests of HTML pages share: names that pages must cope with, and a reader of what was written."""
from html.parser import HTMLParser
from pathlib import Path

HOSTILE = ["two words", "it's", 'say "hi"', "<script>alert(1)<script>", "<img src=x onerror=alert(1)>", "#1",
           "what?", "100%41", "a&amp;b", "back\\slash", "javascript:alert(1)", "東京 第1話", "v1/2.5/p.01"]


class Page(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())

    def values(self, tag: str, attribute: str) -> list[str]:
        return [attributes[attribute] for name, attributes in self.tags if name == tag]
