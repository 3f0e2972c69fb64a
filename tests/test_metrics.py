"""What the metrics say where it can be worked out by hand, or stands in a paper."""
import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage.color import deltaE_ciede2000, lab2rgb, rgb2lab
from skimage.metrics import structural_similarity

from util.errors import UserError
from util.metrics import (
    METRICS,
    Picture,
    chroma,
    chroma_ratio,
    ciede2000,
    colored_difference,
    colorfulness,
    edge_recall,
    hue_error,
    mean_difference,
    mean_with_interval,
    measure,
    psnr,
    ssim,
)
from util.metrics.color import ciede2000_of_lab

# Two colors in CIELAB and how far apart they are: from table 1 of Sharma, Wu and Dalal.
SHARMA = [
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((50, 2.49, -0.001), (50, -2.49, 0.001), 7.1792),  # opposite hues
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.001, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
    ((36.4612, 47.8580, 18.3852), (36.2715, 50.5065, 21.2231), 1.4146),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]
WHITE, BLACK, GREY = (255, 255, 255), (0, 0, 0), (119, 119, 119)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def plain(color: tuple[int, ...], height: int = 16, width: int = 16) -> np.ndarray:
    return np.full((height, width, 3), color, dtype=np.uint8)


def noise(seed: int, height: int = 16, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("number", [np.float64, np.float32])
@pytest.mark.parametrize(("one", "other", "difference"), SHARMA)
def test_the_formula_is_that_of_the_paper(one, other, difference, number):
    pair = np.array(one, number), np.array(other, number)
    rounding = 6e-5 if number is np.float64 else 2e-4
    assert ciede2000_of_lab(*pair) == pytest.approx(difference, abs=rounding)
    assert ciede2000_of_lab(*pair[::-1]) == pytest.approx(difference, abs=rounding)


@pytest.mark.parametrize(("one", "other", "difference"), SHARMA[:4])
def test_color_differences_of_8_bit_pixels_are_those_of_the_paper(one, other, difference):
    pixels = [np.rint(255 * lab2rgb(np.array([[lab]], float))).astype(np.uint8) for lab in (one, other)]
    assert ciede2000(*pixels) == pytest.approx(difference, rel=0.04)  # what rounding to 8 bits may do near grey
    assert ciede2000(*pixels[::-1]) == pytest.approx(ciede2000(*pixels))


@pytest.mark.parametrize(
    ("one", "other", "difference"), [(RED, GREEN, 86.61), (RED, BLUE, 52.88), (GREEN, BLUE, 83.18), (WHITE, BLACK, 100)]
)
def test_color_differences_of_known_colors(one, other, difference):
    assert ciede2000(plain(one), plain(other)) == pytest.approx(np.full((16, 16), difference), abs=0.01)


def test_color_differences_come_a_pixel_each():
    truth = plain(WHITE, 12, 20)
    result = truth.copy()
    result[3, 7] = BLACK
    difference = ciede2000(result, truth)
    assert difference.shape == (12, 20)
    assert difference[3, 7] == pytest.approx(100, abs=0.01)
    assert np.count_nonzero(difference) == 1
    assert mean_difference(result, truth) == pytest.approx(100 / 240, abs=1e-4)


@pytest.mark.parametrize(("color", "expected"), [(GREY, 0), (RED, 104.55), (BLUE, 133.81)])
def test_chroma_of_known_colors(color, expected):
    assert chroma(plain(color)) == pytest.approx(np.full((16, 16), expected), abs=0.01)


def test_the_same_image_is_perfect():
    figures = measure(noise(0), noise(0))
    perfect = {"ciede2000": 0, "ciede2000_colored": 0, "hue_error": 0, "ssim": 1, "psnr": 10 * math.log10(12 * 255**2),
               "chroma_ratio": 1}  # fmt: skip
    assert figures == pytest.approx(perfect | {"colorfulness": colorfulness(noise(0))})


def test_only_pixels_that_are_colored_in_the_truth_count_as_colored():
    truth, result = plain(WHITE), plain(WHITE)
    truth[:4], result[:2] = RED, RED  # a quarter is red, of which the result has half
    result[4:] = BLUE  # wrong, but where the truth has paper
    miss = ciede2000(plain(WHITE), plain(RED))[0, 0]
    stain = ciede2000(plain(BLUE), plain(WHITE))[0, 0]
    assert miss > 40
    assert colored_difference(result, truth) == pytest.approx(miss / 2)
    assert mean_difference(result, truth) == pytest.approx((miss / 2 + 3 * stain) / 4)
    assert chroma_ratio(result, truth) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("metric", [colored_difference, chroma_ratio])
def test_colored_means_above_the_threshold(metric):
    below, above = plain((143, 119, 119)), plain((145, 119, 119))
    assert 9.9 < chroma(below)[0, 0] < 10 < chroma(above)[0, 0] < 10.9
    assert math.isnan(metric(below, below))
    assert not math.isnan(metric(above, above))
    assert not math.isnan(metric(below, below, threshold=9.9))


@pytest.mark.parametrize("metric", [colored_difference, chroma_ratio])
def test_a_truth_without_color_has_no_colored_figure(metric):
    assert math.isnan(metric(plain(RED), plain(GREY)))


def test_chroma_ratio_does_not_see_the_hue():
    assert chroma_ratio(plain(GREY), plain(RED)) == pytest.approx(0, abs=1e-3)
    assert chroma_ratio(plain(BLUE), plain(RED)) == pytest.approx(133.81 / 104.55, abs=1e-3)


@pytest.mark.parametrize(("angle", "error"), [(0, 0), (40, 40), (180, 180), (-100, 100)])
def test_hue_error_is_the_angle_between_hues(angle, error):
    truth, result = (plain(_of_hue(hue)) for hue in (20, 20 + angle))
    assert hue_error(result, truth) == pytest.approx(error, abs=1.5)  # 8 bits round hues


def _of_hue(hue: float, chroma: float = 30) -> tuple[int, ...]:
    lab = [60, chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))]
    return tuple(np.rint(255 * lab2rgb(np.array([[lab]]))[0, 0]).astype(int))


def test_hue_error_is_of_pixels_that_are_colored_in_both():
    truth = plain(_of_hue(20))
    result = truth.copy()
    result[:4] = _of_hue(80)
    result[4:8] = GREY
    truth[8:10] = GREY
    assert hue_error(result, truth) == pytest.approx(60 * 4 / 10, abs=1)  # of 16 rows, 6 do not count
    assert math.isnan(hue_error(plain(GREY), truth))
    assert math.isnan(hue_error(result, plain(GREY)))


def test_colorfulness_is_that_of_the_paper():
    assert colorfulness(plain(GREY)) == 0
    # Red: rg = 255, yb = 127.5, without spread.
    assert colorfulness(plain(RED)) == pytest.approx(0.3 * math.hypot(255, 127.5))
    # Half red, half green: rg = ±255 spreads by 255 around 0; yb = 127.5.
    halves = np.concatenate([plain(RED), plain(GREEN)])
    assert colorfulness(halves) == pytest.approx(255 + 0.3 * 127.5)


def variants(truth: np.ndarray) -> list[np.ndarray]:
    grey = np.repeat(truth.mean(-1, keepdims=True).astype(np.uint8), 3, -1)
    noisy = np.clip(truth + np.random.default_rng(0).normal(0, 8, truth.shape), 0, 255).astype(np.uint8)
    return [truth, grey, noisy, gaussian_filter(truth, (2, 2, 0)), noise(5, *truth.shape[:2]), 255 - truth]


@pytest.mark.parametrize("index", range(6))
def test_the_fast_ways_give_what_scikit_image_gives(index):
    truth = gaussian_filter(noise(4, 40, 50), (1, 1, 0))
    result = variants(truth)[index]
    expected = deltaE_ciede2000(rgb2lab(truth), rgb2lab(result))
    assert ciede2000(result, truth) == pytest.approx(expected, abs=0.05)
    assert mean_difference(result, truth) == pytest.approx(expected.mean(), abs=1e-4)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    similar = structural_similarity(truth, result, data_range=255, channel_axis=-1, **options)
    assert ssim(result, truth) == pytest.approx(similar, abs=1e-5)
    assert chroma(result) == pytest.approx(np.hypot(*np.moveaxis(rgb2lab(result)[..., 1:], -1, 0)), abs=1e-3)


def test_ssim_of_flat_images_compares_their_levels():
    levels, constant = (100, 150), (0.01 * 255) ** 2
    expected = (2 * levels[0] * levels[1] + constant) / (levels[0] ** 2 + levels[1] ** 2 + constant)
    assert ssim(plain((100,) * 3), plain((150,) * 3)) == pytest.approx(expected)


def test_ssim_is_that_of_the_paper():
    """An image of 11 × 11 has one whole window, which is worked out here as the paper has it, color by color."""
    result, truth = noise(1, 11, 11), noise(2, 11, 11)
    falling = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = (np.outer(falling, falling) / falling.sum() ** 2)[..., None]
    x, y = result.astype(float), truth.astype(float)
    mean_x, mean_y = ((weights * image).sum((0, 1)) for image in (x, y))
    var_x, var_y = ((weights * image**2).sum((0, 1)) - mean**2 for image, mean in ((x, mean_x), (y, mean_y)))
    covariance = (weights * x * y).sum((0, 1)) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    expected = (2 * mean_x * mean_y + c1) * (2 * covariance + c2) / (mean_x**2 + mean_y**2 + c1) / (var_x + var_y + c2)
    assert ssim(result, truth) == pytest.approx(expected.mean(), abs=1e-6)


def test_an_image_smaller_than_the_window_is_refused():
    with pytest.raises(UserError, match=r"20 × 10 pixels are too few for SSIM, which needs 11"):
        ssim(plain(RED, 10, 20), plain(RED, 10, 20))


def test_psnr_is_of_the_mean_square_error():
    assert psnr(plain((10, 0, 0)), plain((0, 10, 10))) == pytest.approx(10 * math.log10(255**2 / 100))
    one_off = plain(GREY)
    one_off[0, 0, 0] += 1
    assert psnr(one_off, plain(GREY)) == psnr(plain(GREY), plain(GREY)) == pytest.approx(58.92, abs=0.01)


def striped(*columns: int, paper: tuple[int, int, int] = WHITE, ink: tuple[int, int, int] = BLACK) -> np.ndarray:
    """Paper with lines of 4 pixels that begin at some columns."""
    image = plain(paper, 32, 64)
    for column in columns:
        image[:, column : column + 4] = ink
    return image


def test_edges_are_found_again_within_a_pixel():
    truth = striped(10, 30)
    assert edge_recall(truth, truth) == 1
    assert edge_recall(striped(11, 29), truth) == 1
    assert edge_recall(striped(13, 33), truth) == 0
    assert edge_recall(striped(10), truth) == pytest.approx(0.5, abs=0.02)
    assert edge_recall(striped(10, 30, 50), truth) == 1


def test_edges_are_of_luminance_whatever_the_color():
    assert edge_recall(striped(10, paper=GREEN), striped(10)) == 1
    assert edge_recall(striped(10, paper=(255, 0, 0), ink=(0, 130, 0)), striped(10)) == 0  # of one luminance
    assert math.isnan(edge_recall(striped(10), striped()))


TWO_IMAGES = [*(metric.function for metric in METRICS.values() if metric.needs in (("truth",), ("scan",)))]


@pytest.mark.parametrize("metric", TWO_IMAGES)
def test_arrays_that_do_not_fit_together_are_refused(metric):
    with pytest.raises(ValueError, match="one size"):
        metric(plain(RED, 1, 16), plain(RED))
    with pytest.raises(ValueError, match="one size"):
        metric(plain(RED)[..., :1], plain(RED)[..., :1])
    with pytest.raises(ValueError, match="uint8"):
        metric(plain(RED) / 255, plain(RED))


def test_what_is_given_tells_what_is_measured():
    result, truth, scan = noise(1), noise(2), noise(3)
    labels = np.repeat([[1] * 8 + [2] * 8], 16, 0)
    assert measure(result).keys() == {"colorfulness"}
    assert measure(result, scan=scan).keys() == {"ink_fidelity", "colorfulness"}
    assert measure(result, truth, scan, labels).keys() == METRICS.keys() - {"stained_paper"}
    assert measure(result, truth, scan, labels, labels).keys() == METRICS.keys()
    # What is kept of a truth is of use for another result, and of that alone.
    kept = Picture(truth)
    assert measure(result, kept) == measure(result, truth)
    assert measure(scan, kept) == measure(scan, truth)
    of_result = Picture(result)
    assert [mean_difference(of_result, other) for other in (kept, Picture(scan), kept)] == [
        mean_difference(result, other) for other in (truth, scan, truth)
    ]


def test_the_interval_lies_around_the_mean_as_theory_says():
    values = np.random.default_rng(3).normal(20, 4, 400)
    mean = mean_with_interval(values)
    half = 1.96 * values.std() / math.sqrt(400)
    assert (mean.mean, mean.count) == (pytest.approx(values.mean()), 400)
    assert mean.low == pytest.approx(mean.mean - half, abs=0.1 * half)
    assert mean.high == pytest.approx(mean.mean + half, abs=0.1 * half)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draws = np.random.default_rng(4).normal(0, 1, (200, 50))
    means = [mean_with_interval(values, resamples=500) for values in draws]
    assert 0.90 <= np.mean([mean.low <= 0 <= mean.high for mean in means]) <= 0.99


def test_the_interval_is_the_same_every_time_and_leaves_nan_out():
    values = np.arange(7.0)
    assert mean_with_interval(values) == mean_with_interval(values)
    assert mean_with_interval(values) != mean_with_interval(values, seed=1)
    assert mean_with_interval(np.insert(values, 3, math.nan)) == mean_with_interval(values)


def test_the_interval_needs_two_numbers():
    one, none = mean_with_interval(np.array([5.0, math.nan])), mean_with_interval(np.array([math.nan]))
    assert (one.mean, one.count, none.count) == (5, 1, 0)
    assert all(math.isnan(value) for value in (one.low, one.high, none.mean, none.low, none.high))
