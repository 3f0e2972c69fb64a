"""Volumes through a `PageColorizer`: every page once, however often it is interrupted, in one or more processes."""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from coloring.painting import Painting
from coloring.structure import PageStructure
from data.pages import NothingToWrite, Page, PageError, Volume
from models.page_colorizer import PageColorizer
from models.volume_results import Done, Results, writing_results
from util.colored_pages import is_colored
from util.cores import helper_threads
from util.distributed import Processes
from util.images import is_blank
from util.journal import Journal
from util.pipeline import Pipeline
from util.progress import Meter

Key = tuple[str, str]  # names of a volume and of a page in it


@dataclass(frozen=True)
class Job:
    """A page on its way: as it was read, what the network sees of it, what the network made of that; or why it can't
    be read, or is left alone."""

    volume: Volume
    page: Page
    identity: str = ""
    picture: Image.Image | None = None
    pixels: np.ndarray | None = None
    structure: PageStructure | None = None
    painting: Painting | None = None
    note: str = ""

    @property
    def key(self) -> Key:
        return self.volume.name, self.page.name


class VolumeColorizer:
    """Colors volumes page by page and notes each page that is done.

    After `color`, busy is the share of the time in which the network had work, and left_out names what could not be
    passed on.
    """

    def __init__(
        self, colorizer: PageColorizer, results: Results, settings: dict[str, Any], recolor: bool = False,
        processes: Processes | None = None,
    ) -> None:  # fmt: skip
        """
        settings: what the colored pages depend on; pages that an interrupted run did under the same are not done
        again. recolor: color also what is colored already. processes: among which the pages are shared out.
        """
        self.colorizer, self.results, self.recolor = colorizer, results, recolor
        self.processes = processes or Processes()
        self.journal = Journal(results.folder / ".progress", settings, f"process{self.processes.rank}")
        self.busy = 0.0
        self.left_out: list[str] = []
        self.lost: list[Key] = []  # pages that other processes should have colored

    def color(self, volumes: Sequence[Volume], limit: float = float("inf")) -> dict[Key, Done]:
        """Color up to `limit` pages and write the volumes; what became of the pages, in order.

        Of several processes, the first gives all pages and the others only theirs. Raises UserError where results
        can't be written or memory does not suffice.
        """
        self.results.plan(volumes)
        jobs = [Job(volume, page) for volume in volumes for page in volume.pages]
        jobs = jobs[: int(min(limit, len(jobs)))]
        with writing_results():
            return self._color(jobs)

    def _color(self, jobs: Sequence[Job]) -> dict[Key, Done]:
        before = self._known(jobs)
        self.journal.begin()
        mine = jobs[self.processes.rank :: self.processes.count]
        done = {job.key: before[job.key] for job in mine if job.key in before}
        left = [job for job in mine if job.key not in before]
        unwritten = {job.volume.name: job.volume for job in jobs}
        missing = Counter(job.volume.name for job in left)
        for result in self._work(left, len(done)):
            done[result.volume, result.page] = result
            missing[result.volume] -= 1
            if not missing[result.volume] and self.processes.count == 1:
                self._write_volume(unwritten.pop(result.volume), done)
            elif not missing[result.volume]:
                unwritten[result.volume].close()
        self.processes.wait_for_all()
        if self.processes.first:
            done = self._known(jobs, failed_too=True) | done
            for volume in unwritten.values():
                self._write_volume(volume, done)
            self.lost = [job.key for job in jobs if job.key not in done]
            self.left_out += [f"{Path(*key)}: nothing came of it; the same command tries again" for key in self.lost]
        return {job.key: done[job.key] for job in jobs if job.key in done}

    def _write_volume(self, volume: Volume, done: dict[Key, Done]) -> None:
        try:
            self.left_out += self.results.write_volume(volume, done)
        except NothingToWrite as error:
            self.left_out.append(str(error))
        volume.close()

    def forget(self) -> None:
        """All is written: remove what only going on would need."""
        if self.lost:
            return
        self.results.tidy()
        self.journal.remove()

    def _known(self, jobs: Sequence[Job], failed_too: bool = False) -> dict[Key, Done]:
        """What was noted of these pages, if they are still the same and the files that came of them are there."""
        noted: defaultdict[Key, list[Done]] = defaultdict(list)  # several where processes took pages over from others
        for done in map(Done.from_entry, self.journal.entries()):
            if done:
                noted[done.volume, done.page].append(done)
        known: dict[Key, Done] = {}
        for job in jobs:
            identity = _identity(job) if job.key in noted else None
            for done in noted[job.key]:
                if done.outcome != "failed" and done.identity == identity and self.results.has(done):
                    known[job.key] = done
                elif done.outcome == "failed" and failed_too:
                    known.setdefault(job.key, done)
        return known

    def _work(self, jobs: Sequence[Job], before: int) -> Iterator[Done]:
        pipeline = Pipeline(self._read, self._run, self._write, helper_threads())
        with Meter(len(jobs) + before, before, "page", quiet=not self.processes.first) as meter:
            for done in pipeline.run(jobs):
                self.journal.append(asdict(done))
                meter.step()
                yield done
        self.busy = pipeline.busy_seconds / pipeline.seconds if pipeline.seconds else 0.0

    def _read(self, job: Job) -> Job:
        try:
            # Before its content, so that a page that changes in between is not taken for done.
            job = replace(job, identity=job.volume.identity(job.page))
            picture = job.volume.open(job.page)
        except PageError as error:
            return replace(job, note=str(error))
        if is_blank(picture):  # norms would blow its grain up to colors
            return replace(job, picture=picture, note="is blank")
        if self.colorizer.makes_colorings and is_colored(picture):
            if not self.recolor:
                return replace(job, picture=picture, note="was colored already")
            picture = picture.convert("L")
        structure = self.colorizer.structure(picture)
        pixels = self.colorizer.prepare(picture, structure)
        return replace(job, picture=picture, pixels=pixels, structure=structure)

    def _run(self, job: Job) -> Job:
        return job if job.pixels is None else replace(job, painting=self.colorizer.run(job.pixels), pixels=None)

    def _write(self, job: Job) -> Done:
        if job.picture is None:
            return self.results.failed(job.volume, job.page, job.note)
        if job.painting is None:
            return self.results.kept(job.volume, job.page, job.identity, job.picture, job.note)
        colored = self.colorizer.finish(job.picture, job.painting, job.structure)
        return self.results.colored(job.volume, job.page, job.identity, job.picture, colored)


def _identity(job: Job) -> str | None:
    """What tells this content of the page from another; None if it is gone."""
    try:
        return job.volume.identity(job.page)
    except PageError:
        return None
