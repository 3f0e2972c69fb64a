"""What is compared with what: folders of results, trained runs, and the drawings and truths that they belong to."""
from dataclasses import dataclass, field
from pathlib import Path

from data.image_folder import list_images, result_names
from util.errors import UserError
from util.label_maps import FILE, Part, read_parts

Pictures = dict[str, Path]  # name without suffix, below its folder → file


@dataclass(frozen=True)
class Source:
    """What gives results: a trained run, which still has to color the drawings, or a folder of results."""

    path: Path
    is_run: bool


@dataclass(frozen=True)
class References:
    """What results are measured against, by name; empty where there is nothing. parts: of the label maps, by number.
    panels, texts: panel maps and text maps."""

    truths: Pictures
    scans: Pictures = field(default_factory=dict)
    labels: Pictures = field(default_factory=dict)
    parts: dict[int, Part] = field(default_factory=dict)
    panels: Pictures = field(default_factory=dict)
    texts: Pictures = field(default_factory=dict)

    @property
    def names(self) -> Pictures:
        """The drawings that results are measured on."""
        return self.truths or self.scans

    @property
    def kind(self) -> str:
        return "truths" if self.truths else "drawings"


def parse_sources(arguments: list[str]) -> dict[str, Source]:
    """RUN, TITLE=RUN or TITLE=FOLDER, each, as title → source. Raises UserError for anything else and for a title
    given twice."""
    sources: dict[str, Source] = {}
    for argument in arguments:
        title, _, path = argument.partition("=")
        if _is_run(Path(argument)):
            title, path = Path(argument).resolve().name, argument
        elif not title or not path:
            raise UserError(f"{argument} should be TITLE=FOLDER, or the folder of a trained run")
        if title in sources:
            raise UserError(f"two folders are called {title}: give each a title of its own")
        sources[title] = Source(Path(path), _is_run(Path(path)))
    return sources


def _is_run(path: Path) -> bool:
    """Whether a folder holds weights of a generator."""
    return path.is_dir() and any(path.glob("*_net_G*.pth"))


def find_references(truth: Path | None, dataroot: Path | None, phase: str) -> References:
    """truth: a folder of true colorings; None: those of the data set. dataroot: a data set with scans in PHASE + A and
    perhaps truths in PHASE + B, label maps in PHASE + L, panel and text maps in PHASE + P and PHASE + T.
    Raises UserError where something that is needed is missing."""
    if dataroot is None:
        if truth is None:
            raise UserError("what should results be measured against? Give --truth FOLDER, or --dataroot with valA")
        return References(pictures(truth))
    sides = {side: dataroot / f"{phase}{side}" for side in "ABLPT"}
    if not sides["A"].is_dir():
        raise UserError(f"no folder {sides['A']} of drawings to color: check --dataroot and --phase")
    has_labels = sides["L"].is_dir() and (dataroot / FILE).is_file()
    has_structure = sides["P"].is_dir() and sides["T"].is_dir()
    truth = truth or (sides["B"] if sides["B"].is_dir() else None)
    return References(
        pictures(truth) if truth else {},
        pictures(sides["A"]),
        pictures(sides["L"]) if has_labels else {},
        read_parts(dataroot) if has_labels else {},
        pictures(sides["P"]) if has_structure else {},
        pictures(sides["T"]) if has_structure else {},
    )


def pictures(folder: Path) -> Pictures:
    """Name → path of all images below `folder`. Raises UserError if there is none."""
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: check what --truth and TITLE=FOLDER name")
    paths = list_images(folder)
    return dict(zip(result_names(paths, folder), paths, strict=True))


def check_names(references: References, results: dict[str, Pictures]) -> None:
    """Raises UserError for a folder that has nothing to compare."""
    for title, paths in results.items():
        if references.names.keys().isdisjoint(paths):
            what = references.kind
            raise UserError(
                f"{title} has no picture of the same name as a {what[:-1]}: there {next(iter(paths))}, "
                f"among the {what} {next(iter(references.names))}, for example"
            )
