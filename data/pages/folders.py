"""Pages that are files of their own: a folder, one image, or a list of images."""
from collections.abc import Sequence
from pathlib import Path

from data.image_folder import reason_of
from data.pages.names import Names, claim_pages
from data.pages.volume import Limits, Page, PageError, Volume


class FolderVolume(Volume):
    """Images of one folder, or below it, in the order given."""

    kind = "folder"

    def __init__(self, path: Path, name: str, limits: Limits, files: Sequence[Path], base: Path | None = None) -> None:
        """base: the folder that pages are named from, `path` unless said otherwise."""
        super().__init__(path, name, limits)
        self._files = files
        wanted = (file.relative_to(base or path).as_posix() for file in files)
        names, self.problems = claim_pages(Names(), wanted)
        self.pages = [Page(index, name) for index, name in enumerate(names)]

    def read(self, page: Page) -> bytes:
        try:
            return self._files[page.index].read_bytes()
        except OSError as error:
            raise PageError(reason_of(error)) from error

    def identity(self, page: Page) -> str:
        try:
            status = self._files[page.index].stat()
        except OSError as error:
            raise PageError(reason_of(error)) from error
        return f"{status.st_size} {status.st_mtime_ns}"

    def close(self) -> None:
        """Nothing is held open."""
