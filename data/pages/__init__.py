"""Volumes of pages: folders, CBZ and ZIP archives, PDFs. Found, read page by page, written again with results."""
from data.pages.finding import find_volumes
from data.pages.volume import Limits, NothingToWrite, Page, PageError, Volume
from data.pages.writers import write_cbz, write_pdf

__all__ = ["Limits", "NothingToWrite", "Page", "PageError", "Volume", "find_volumes", "write_cbz", "write_pdf"]
