"""FID and KID: how far a set of results is from a set of real colorings, as an Inception network sees images.

The network is torch-fidelity's, which is no requirement of ours (`pip install torch-fidelity`), and its weights are a
file that is named or lies in torch's cache: nothing is downloaded.
"""
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from util.checkpoint import load_weights
from util.metrics.picture import Images, Picture

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"  # as torch-fidelity calls them; those of the FID paper
FEATURES = "2048"  # of the last pooling layer, as both papers have it


class Unavailable(Exception):
    """Why there can be no FID and KID here, in a line."""


def cached_weights() -> Path:
    """Where torch-fidelity keeps the weights once it has them."""
    return Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS


class Inception:
    """Images → features. Raises Unavailable without the library or the weights; UserError for a file that holds no
    weights."""

    def __init__(self, weights: Path | None = None, device: torch.device | str = "cpu") -> None:
        """weights: None for those in torch's cache."""
        path = cached_weights() if weights is None else weights
        if not path.is_file():
            raise Unavailable(f"no file {path} with the weights of the Inception network")
        try:
            library = import_module("torch_fidelity.feature_extractor_inceptionv3")
        except ImportError as error:
            raise Unavailable("torch-fidelity is not installed (pip install torch-fidelity)") from error
        load_weights(path)  # refuses a file that holds code, which the library would run
        self.network: Any = library.FeatureExtractorInceptionV3(
            "inception-v3-compat", [FEATURES], feature_extractor_weights_path=os.fspath(path)
        ).to(device)
        self.device = device

    @torch.inference_mode()
    def features(self, image: Images) -> np.ndarray:
        """(H, W, 3) uint8, of any size → (2048,) float64."""
        pixels = torch.from_numpy(np.moveaxis(Picture.of(image).pixels, -1, 0).copy())[None]
        return self.network(pixels.to(self.device))[0][0].double().cpu().numpy()


def fid(results: np.ndarray, real: np.ndarray) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features, (N, D) and (M, D), two at least: 0 for the
    same. Few images give too large a figure: compare only sets of one size.

    Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, "GANs trained by a two time-scale update rule converge to a
    local Nash equilibrium", NeurIPS 2017.
    """
    means = results.mean(0), real.mean(0)
    one, other = (
        (features - mean) / np.sqrt(len(features) - 1) for features, mean in zip((results, real), means, strict=True)
    )
    # With covariances oneᵀ one and otherᵀ other, the trace of the root of their product is the sum of these:
    shared = np.linalg.svd(one @ other.T, compute_uv=False).sum()
    apart = np.square(means[0] - means[1]).sum()
    return float(apart + np.square(one).sum() + np.square(other).sum() - 2 * shared)


def kid(results: np.ndarray, real: np.ndarray) -> float:
    """Squared maximum mean discrepancy of two sets of features, (N, D) and (M, D), two at least, with the kernel
    (x·y / D + 1)³: about 0 for sets of one kind, also a little less, whatever their sizes.

    Bińkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs", ICLR 2018; over all images instead of subsets.
    """

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x: np.ndarray) -> float:
        values = kernel(x, x)
        return (values.sum() - np.trace(values)) / (len(x) * (len(x) - 1))

    return float(within(results) + within(real) - 2 * kernel(results, real).mean())
