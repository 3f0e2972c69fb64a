"""Figures of sets of images: distances from real colorings, and intervals of figures that are no means."""
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from util import checkpoint
from util.errors import UserError
from util.metrics import (
    Consistency,
    Inception,
    Occurrences,
    PaletteDistance,
    Unavailable,
    fid,
    figure_with_interval,
    inception,
    kid,
    mean_with_interval,
    palette,
    sliced_wasserstein,
)
from util.metrics.color import rgb_to_lab

RED, BLUE, GREY = (220, 40, 40), (40, 60, 220), (128, 128, 128)


def plain(color: tuple[int, ...]) -> np.ndarray:
    return np.full((12, 12, 3), color, np.uint8)


def lab(color: tuple[int, ...]) -> np.ndarray:
    return rgb_to_lab(np.array(color, np.uint8))


def test_the_same_colors_are_no_distance_apart_wherever_they_are():
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    assert sliced_wasserstein([palette(noise)], [palette(noise[::-1, ::-1])]) == 0
    assert sliced_wasserstein([palette(plain(RED))] * 2, [palette(plain(RED))] * 5) == 0


@pytest.mark.parametrize(("one", "other"), [(RED, BLUE), (RED, GREY), (GREY, (40, 40, 40))])
def test_two_plain_colors_are_half_their_distance_apart(one, other):
    """Seen along a random direction, a way is half as long on average."""
    expected = np.linalg.norm(lab(one) - lab(other)) / 2
    assert sliced_wasserstein([palette(plain(one))], [palette(plain(other))]) == pytest.approx(expected, rel=0.05)


def test_shares_count_and_images_count_alike():
    half = np.concatenate([plain(RED), plain(BLUE)])
    red, blue, both = palette(plain(RED)), palette(plain(BLUE)), palette(half)
    assert sliced_wasserstein([red, blue], [both]) == pytest.approx(0, abs=1e-3)
    assert sliced_wasserstein([red], [both]) == pytest.approx(sliced_wasserstein([red], [blue]) / 2, rel=1e-3)


def test_large_images_are_looked_at_in_part_always_the_same():
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert (palette(noise) == palette(noise)).all()
    assert (palette(noise) != palette(noise, seed=1)).any()
    assert sliced_wasserstein([palette(noise)], [palette(noise, seed=1)]) < 1


def test_the_interval_of_a_figure_that_is_a_mean_is_that_of_the_mean():
    values = np.random.default_rng(0).normal(5, 2, 60)
    figure = figure_with_interval(lambda counts: counts @ values / counts.sum(1), 60)
    assert vars(figure) == pytest.approx(vars(mean_with_interval(values)), abs=0.05)
    assert figure.high - figure.mean == pytest.approx(1.96 * values.std(ddof=1) / math.sqrt(60))


def test_the_interval_of_a_distance_lies_around_it():
    chance = np.random.default_rng(0)
    results = [palette(plain(tuple(chance.integers(150, 220, 3)))) for _ in range(30)]
    figure = figure_with_interval(PaletteDistance(results, [palette(plain(RED))]), 30)
    assert figure.low < figure.mean < figure.high
    assert figure == figure_with_interval(PaletteDistance(results, [palette(plain(RED))]), 30)


def test_consistency_that_hangs_on_one_page_has_no_interval():
    pages = [
        Occurrences(np.array([part]), np.array([20]), lab(color)[:, None].astype(float))
        for part, color in ((1, RED), (1, BLUE), (2, GREY))
    ]
    figure = figure_with_interval(Consistency(pages), 3)  # without one of the first two pages there is no figure
    assert (figure.count, math.isnan(figure.mean), math.isnan(figure.low)) == (3, False, True)
    more = figure_with_interval(Consistency([*pages, pages[1]]), 4)
    assert more.low < more.mean < more.high
    none = figure_with_interval(Consistency(pages[1:]), 2)
    assert (math.isnan(none.mean), none.count) == (True, 0)


def test_fid_of_features_in_one_dimension_is_that_of_two_normal_distributions():
    """(μ1 - μ2)² + (σ1 - σ2)²."""
    one, other = np.array([[-1.0], [1.0]]), np.array([[3.0], [5.0], [7.0]])
    expected = 5**2 + (math.sqrt(2) - 2) ** 2
    assert fid(one, other) == pytest.approx(expected)
    assert fid(other, one) == pytest.approx(expected)
    assert fid(other, other) == pytest.approx(0, abs=1e-9)


def test_fid_of_many_dimensions_has_the_trace_of_the_root():
    from scipy.linalg import sqrtm

    chance = np.random.default_rng(0)
    one, other = chance.normal(0, 1, (50, 6)) @ chance.normal(0, 1, (6, 6)), chance.normal(1, 2, (40, 6))
    covariances = np.cov(one.T), np.cov(other.T)
    root = sqrtm(covariances[0] @ covariances[1])
    expected = np.square(one.mean(0) - other.mean(0)).sum() + np.trace(covariances[0] + covariances[1] - 2 * root).real
    assert fid(one, other) == pytest.approx(expected)


def test_kid_by_hand():
    """(x·y/2 + 1)³ is 1 where x·y = 0, as within either set, and 27 where it is 4, as of (2, 2) and the others."""
    one, other = np.array([[2.0, 0], [0, 2]]), np.array([[0.0, 0], [2, 2]])
    assert kid(one, other) == pytest.approx(1 + 1 - 2 * (1 + 27 + 1 + 27) / 4)


class MeanColor(nn.Module):
    """Stands in for torch-fidelity's network."""

    def __init__(self, name: str, features: list[str], feature_extractor_weights_path: str) -> None:
        super().__init__()
        self.factor = torch.load(feature_extractor_weights_path, weights_only=True)["factor"]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor]:
        assert x.dtype == torch.uint8
        return (x.float().mean((2, 3)) * self.factor,)


@pytest.fixture
def library(monkeypatch):
    module = SimpleNamespace(FeatureExtractorInceptionV3=MeanColor)
    monkeypatch.setitem(sys.modules, "torch_fidelity", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", module)


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "inception.pth"
    checkpoint.save({"factor": torch.tensor(2.0)}, path)
    return path


def test_features_are_those_of_the_network_with_the_weights(library, weights):
    assert Inception(weights).features(plain(RED)) == pytest.approx(np.array(RED) * 2.0)


def test_weights_in_the_cache_are_found(library, weights, monkeypatch):
    monkeypatch.setattr(inception, "cached_weights", lambda: weights)
    assert Inception().features(plain(BLUE)) == pytest.approx(np.array(BLUE) * 2.0)


def test_what_is_missing_is_told(library, weights, monkeypatch, tmp_path):
    with pytest.raises(Unavailable, match="with the weights of the Inception network"):
        Inception(tmp_path / "nowhere.pth")
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(Unavailable, match="not installed"):
        Inception(weights)


def test_weights_that_hold_code_are_refused(library, tmp_path):
    path = tmp_path / "inception.pth"
    torch.save({"factor": pytest.approx}, path)
    with pytest.raises(UserError, match="more than weights"):
        Inception(path)
