"""One generator and no discriminators: what test.py colors with."""
import argparse

from coloring.composition import FLATS
from data.pages import Limits
from models.base_model import BaseModel, Batch
from models.trained import check_size, find_generator, saved_options
from models.volume_results import FORMATS, IMAGE_FORMATS
from util.errors import UserError
from util.option_types import natural, page_size, percent, positive, tile, weight


class TestModel(BaseModel):
    """Finds the generator for --direction among the files of a checkpoint: G, or G_A / G_B of a CycleGAN."""

    sides = ("A",)

    @staticmethod
    def modify_commandline_options(parser: argparse.ArgumentParser, is_train: bool) -> argparse.ArgumentParser:
        if is_train:
            raise UserError("--model test can't be trained: give cycle_gan or pix2pix")
        parser.set_defaults(dataset_mode="single")
        add = parser.add_argument
        add("--page_size", type=page_size, default=0, metavar="native|N",
            help="how large the network sees a page: native, or its shorter side in pixels; 0: as large as in training")
        add("--panel_size", type=natural, default=0,
            help="how large the network sees a panel: the root of the area of a page's median panel, in pixels; 0: all "
            "pages as large as in training. Counts unless there is a --page_size")
        add("--keep_lines", action=argparse.BooleanOptionalAction,
            help="lay the page's own ink over the colors; unless said otherwise, where scans are colored")
        add("--clean_paper", action=argparse.BooleanOptionalAction, default=True,
            help="show scans to the network with white paper and black ink: grey paper and weak ink look like tones")
        add("--flats", choices=FLATS, default="auto",
            help="give each region of a page one flat color; auto: large regions that are painted rather than outlined "
            "keep the network's colors")
        add("--tile", type=tile, default="auto", metavar="auto|off|N",
            help="compute large pages in parts of about N × N pixels, without seams; off: every page in one go")
        add("--recolor", action="store_true", help="color pages anew that are colored already, instead of copying them")
        add("--output_format", choices=FORMATS, default="same",
            help="what a volume becomes: same as it came (an archive becomes a CBZ), a folder, a CBZ, a PDF")
        add("--image_format", choices=IMAGE_FORMATS, help="format of the colored pages; unless given, each page's own")
        add("--quality", type=percent, default=92, help="of colored pages as JPEG and WebP, 1 to 100")
        add("--no_html", action="store_true", help="write no pages to look at, and keep no images beside an archive")
        limit = "against files that would fill the memory: "
        add("--max_megapixels", type=weight, default=Limits.megapixels, help=f"{limit}larger pages are not read")
        add("--max_entry_mb", type=weight, default=Limits.entry_mb,
            help=f"{limit}entries of archives that unpack to more megabytes are not read")
        add("--max_volume_gb", type=weight, default=Limits.volume_gb,
            help=f"{limit}archives that unpack to more gigabytes are not read")
        add("--max_entries", type=positive, default=Limits.entries,
            help=f"{limit}archives of more entries and PDFs of more pages are not read")
        return parser

    def __init__(self, opt: argparse.Namespace) -> None:
        super().__init__(opt)
        found = find_generator(
            self.save_dir, opt.epoch, opt.direction, saved_options(self.save_dir), opt.model_suffix,
            not opt.no_ema,
        )  # fmt: skip
        print(f"generator {found.path}, architecture from {found.source or 'the options'}")
        self.found = found
        self.visual_names = ["real", "fake"]
        self.model_names = [found.name]
        known = {"input_nc": opt.input_nc, "output_nc": opt.output_nc, "ngf": opt.ngf, "netG": opt.netG,
                 "norm": opt.norm, "encoder": opt.encoder}  # fmt: skip
        check_size(found.path, known)
        self.netG = self.build_G(opt.input_nc, opt.output_nc)
        setattr(self, f"net{found.name}", self.netG)

    def set_input(self, input: Batch) -> None:
        self.real = self.to_device(input["A"])
        self.image_paths = input["A_paths"]

    def forward(self) -> None:
        self.fake = self.netG(self.real)

    def optimize_parameters(self) -> None:
        raise UserError("--model test can't be trained")
