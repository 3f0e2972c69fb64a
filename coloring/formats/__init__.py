"""Formats of volumes beside ZIP archives, PDFs and folders: archives that libarchive reads, and EPUB."""
