"""The page of a colored volume as a browser shows it, opened from disk: the grid, the viewer and its line."""
import base64
import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser import PATIENCE, open_page, requested_urls, window_of
from tests.helpers import save_noise
from tests.pages import HOSTILE
from util.volume_page import ShownPage, ShownVolume, write_index, write_volume_page

RED, BLUE = (200, 40, 40), (40, 40, 200)
SIZE, LARGE = (300, 400), (2000, 3000)
COUNT = 6


def save_color(path: Path, color: tuple[int, int, int], size: tuple[int, int] = SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a volume: all before coloring is red, all after it blue. The last three lack one or both."""
    folder = tmp_path_factory.mktemp("volume")
    pages = []
    for number in range(1, COUNT + 1):
        before, after, small = f"before/{number}.png", f"after/{number}.png", f"small/{number}.png"
        save_color(folder / before, RED, (150, 180))  # of another shape: stretched over the same box
        save_color(folder / after, BLUE)
        save_color(folder / small, BLUE, (30, 40))
        pages.append(ShownPage(f"p{number}", "" if number in (4, 6) else before, "" if number in (5, 6) else after,
                               "" if number == 6 else small, SIZE, "can't be read" if number == 6 else ""))
    write_volume_page(folder, "volume.html", "Volume 1", pages, links={"all volumes": "index.html"})
    write_index(folder, "Volumes", [ShownVolume("Volume 1", "volume.html", "small/1.png", COUNT)])
    return folder / "volume.html"


def press(browser: WebDriver, *keys: str) -> None:
    ActionChains(browser, duration=0).send_keys(*keys).perform()


def part(browser: WebDriver, name: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f".viewer .{name}")


def thumbnail(browser: WebDriver, number: int) -> WebElement:
    """The link that opens a page, counted from 1."""
    return browser.find_elements(By.CSS_SELECTOR, ".pages a")[number - 1]


def click(browser: WebDriver, button: str) -> None:
    browser.find_element(By.CSS_SELECTOR, f".viewer button[name={button}]").click()


def is_open(browser: WebDriver) -> bool:
    return browser.find_element(By.CLASS_NAME, "viewer").is_displayed()


def position(browser: WebDriver) -> str:
    return part(browser, "position").text


def wait_for(browser: WebDriver, condition: Callable[[], object]) -> None:
    WebDriverWait(browser, PATIENCE, 0.02).until(lambda _: condition())


def wait_for_images(browser: WebDriver) -> None:
    """Wait until both images of the page in the viewer are there: its thumbnail is taken away then."""
    wait_for(browser, lambda: browser.execute_script("return document.querySelector('.placeholder').hidden"))


def open_viewer(browser: WebDriver, page: Path, number: int = 1) -> None:
    open_page(browser, page, f"#page-{number}")
    wait_for_images(browser)


def box(browser: WebDriver, name: str) -> dict[str, float]:
    return browser.execute_script(
        f"return document.querySelector('.viewer .{name}').getBoundingClientRect().toJSON()")


def seen(browser: WebDriver, x: float, y: float, width: int, height: int) -> np.ndarray:
    """The pixels of a part of the window."""
    clip = {"x": int(x), "y": int(y), "width": width, "height": height, "scale": 1}
    picture = browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "optimizeForSpeed": True})["data"]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"))


def colors(browser: WebDriver, *fractions: float) -> list[tuple[int, ...]]:
    """What is seen at fractions of the page's width, above the knob of the line."""
    page = box(browser, "sheet")
    row = seen(browser, page["x"], page["y"] + page["height"] / 8, int(page["width"]), 1)[0]
    return [tuple(row[int(fraction * len(row))].tolist()) for fraction in fractions]


def touch(browser: WebDriver, *points: tuple[float, float]) -> None:
    """A finger put down at the first point, drawn over the others and lifted."""
    kinds = ["touchStart"] + ["touchMove"] * (len(points) - 1)
    for kind, (x, y) in zip(kinds, points, strict=True):
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@contextmanager
def without_scripts(browser: WebDriver) -> Iterator[None]:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_click_opens_the_page_over_the_grid(browser, volume):
    open_page(browser, volume)
    assert not is_open(browser)
    thumbnail(browser, 2).click()
    wait_for_images(browser)
    assert is_open(browser)
    assert (part(browser, "name").text, position(browser)) == ("p2", "2 / 6")
    assert browser.current_url == volume.as_uri() + "#page-2"
    assert browser.execute_script("return document.querySelector('main').inert")
    assert browser.get_log("browser") == []


def test_only_the_page_shown_and_the_next_are_loaded(browser, volume):
    open_viewer(browser, volume, 2)
    urls = []

    def loaded() -> list[str]:
        urls.extend(requested_urls(browser))
        return [url.removeprefix(volume.parent.as_uri()) for url in urls if "/small/" not in url]

    wait_for(browser, lambda: len(loaded()) >= 5)
    assert sorted(loaded()) == ["/after/2.png", "/after/3.png", "/before/2.png", "/before/3.png",
                                "/volume.html"]
    assert {urlsplit(url).scheme for url in urls} <= {"file", "data"}


def test_line_parts_before_from_after(browser, volume):
    open_viewer(browser, volume)
    assert colors(browser, 0.1, 0.45, 0.55, 0.9) == [RED, RED, BLUE, BLUE]
    assert box(browser, "before") == box(browser, "after") == box(browser, "sheet")
    assert box(browser, "sheet")["width"] / box(browser, "sheet")["height"] == pytest.approx(300 / 400, abs=0.002)


def test_line_is_drawn_with_the_mouse(browser, volume):
    open_viewer(browser, volume)
    quarter = int(box(browser, "sheet")["width"] / 4)
    mouse = ActionChains(browser, duration=0).move_to_element(part(browser, "knob")).click_and_hold()
    mouse.move_by_offset(quarter, 0).release().perform()
    assert colors(browser, 0.7, 0.8) == [RED, BLUE]
    press(browser, Keys.ARROW_RIGHT)
    assert position(browser) == "2 / 6"  # the keys still turn pages
    # From anywhere else too, to where the mouse goes.
    mouse = ActionChains(browser, duration=0).move_to_element_with_offset(part(browser, "stage"), 0, 200)
    mouse.click_and_hold().move_by_offset(-quarter, 0).release().perform()
    assert colors(browser, 0.2, 0.3) == [RED, BLUE]


def test_line_is_moved_by_keys(browser, volume):
    open_viewer(browser, volume)
    ActionChains(browser, duration=0).key_down(Keys.SHIFT).send_keys(Keys.ARROW_LEFT * 4).key_up(Keys.SHIFT).perform()
    assert colors(browser, 0.28, 0.32) == [RED, BLUE]
    press(browser, Keys.TAB, Keys.ARROW_RIGHT * 8)
    assert browser.switch_to.active_element.get_attribute("aria-valuenow") == "70"
    assert colors(browser, 0.68, 0.72) == [RED, BLUE]
    assert position(browser) == "1 / 6"


def test_key_and_buttons_change_what_is_shown(browser, volume):
    open_viewer(browser, volume)
    for expected in ([RED, RED], [BLUE, BLUE], [RED, BLUE]):
        press(browser, "b")
        assert colors(browser, 0.1, 0.9) == expected
    click(browser, "after")
    press(browser, Keys.ARROW_RIGHT)
    wait_for_images(browser)
    assert colors(browser, 0.1, 0.9) == [BLUE, BLUE]  # stays so on the next page
    click(browser, "compare")
    assert colors(browser, 0.1, 0.9) == [RED, BLUE]


def test_keys_and_buttons_turn_pages(browser, volume):
    open_viewer(browser, volume)
    moves = {Keys.ARROW_LEFT: "1 / 6", Keys.ARROW_RIGHT: "2 / 6", Keys.END: "6 / 6", Keys.HOME: "1 / 6"}
    for key, expected in moves.items():
        press(browser, key)
        assert position(browser) == expected
    click(browser, "next")
    click(browser, "next")
    click(browser, "previous")
    assert position(browser) == "2 / 6"
    wait_for(browser, lambda: browser.current_url.endswith("#page-2"))
    assert browser.get_log("browser") == []


def test_right_to_left_reading_is_remembered(browser, volume):
    open_viewer(browser, volume)
    click(browser, "direction")
    try:
        open_viewer(browser, volume)
        press(browser, Keys.ARROW_LEFT)
        assert position(browser) == "2 / 6"
        edges = {name: browser.find_element(By.NAME, name).rect["x"] for name in ("next", "previous")}
        assert edges["next"] < edges["previous"]
    finally:
        click(browser, "direction")
    press(browser, Keys.ARROW_LEFT)
    assert position(browser) == "1 / 6"


def test_fingers_swipe_pages_and_draw_the_line(browser, volume):
    with window_of(browser, 390, 844):
        open_viewer(browser, volume)
        touch(browser, (300, 200), (250, 200), (100, 210))
        assert position(browser) == "2 / 6"
        touch(browser, (100, 200), (150, 200), (300, 210))
        assert position(browser) == "1 / 6"
        touch(browser, (100, 200), (110, 250), (120, 500))  # not sideways
        assert position(browser) == "1 / 6"
        knob = box(browser, "knob")
        x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
        touch(browser, (x, y), (x + 50, y), (x + 97.5, y))
        assert position(browser) == "1 / 6"
        assert colors(browser, 0.7, 0.8) == [RED, BLUE]


@pytest.mark.parametrize("way", ["key", "button", "back"])
def test_leaving_the_viewer_leads_to_the_page_in_the_grid(browser, volume, way):
    open_page(browser, volume)
    thumbnail(browser, 1).send_keys(Keys.ENTER)
    press(browser, Keys.END)
    {"key": lambda: press(browser, Keys.ESCAPE), "button": lambda: click(browser, "close"), "back": browser.back}[way]()
    wait_for(browser, lambda: not is_open(browser))
    assert browser.current_url == volume.as_uri()
    assert browser.switch_to.active_element.get_attribute("data-name") == "p6"
    browser.forward()
    wait_for(browser, lambda: is_open(browser))


def test_address_opens_the_viewer(browser, volume):
    open_viewer(browser, volume, 3)
    assert position(browser) == "3 / 6"
    browser.execute_script("location.hash = '#page-2'")
    wait_for(browser, lambda: position(browser) == "2 / 6")
    browser.back()
    wait_for(browser, lambda: position(browser) == "3 / 6")
    press(browser, Keys.ESCAPE)
    assert not is_open(browser)
    assert browser.current_url == volume.as_uri()
    open_page(browser, volume, "#page-7")
    assert not is_open(browser)


def test_tab_stays_in_the_viewer(browser, volume):
    open_viewer(browser, volume)
    for _ in range(12):
        press(browser, Keys.TAB)
        assert browser.execute_script("return document.activeElement.closest('.viewer, body').matches('.viewer') "
                                      "|| document.activeElement === document.body")


@pytest.mark.parametrize(("number", "expected"), [(4, [BLUE, BLUE]), (5, [RED, RED])])
def test_page_with_one_image_shows_it_without_a_line(browser, volume, number, expected):
    open_viewer(browser, volume, number)
    assert colors(browser, 0.1, 0.9) == expected
    assert not part(browser, "handle").is_displayed()
    assert not part(browser, "modes").is_displayed()
    assert browser.get_log("browser") == []


def test_page_without_images_says_so(browser, volume):
    open_page(browser, volume)
    thumbnail(browser, 6).click()
    assert part(browser, "missing").is_displayed()
    assert part(browser, "note").text == "can't be read"
    assert browser.get_log("browser") == []


def test_full_size_shows_each_pixel_as_it_is(browser, tmp_path):
    size = (1501, 1101)  # odd, as the window is not
    before = np.asarray(Image.open(save_noise(tmp_path / "b.png", size, seed=1)))
    after = np.asarray(Image.open(save_noise(tmp_path / "a.png", size, seed=2)))
    write_volume_page(tmp_path, "volume.html", "Volume", [ShownPage("p", "b.png", "a.png", "", size)])
    open_viewer(browser, tmp_path / "volume.html")
    press(browser, "z")
    for image, mode in ((before, "before"), (after, "after")):
        click(browser, mode)
        assert_shown_unscaled(browser, image)

    start = box(browser, "sheet")
    mouse = ActionChains(browser, duration=0).move_to_element(part(browser, "stage")).click_and_hold()
    mouse.move_by_offset(-60, -45).release().perform()
    moved = box(browser, "sheet")
    assert (moved["x"] - start["x"], moved["y"] - start["y"]) == (-60, -45)
    assert_shown_unscaled(browser, after)
    press(browser, "z")
    assert box(browser, "sheet")["height"] <= box(browser, "stage")["height"]


def assert_shown_unscaled(browser: WebDriver, image: np.ndarray) -> None:
    """The middle of the window holds what `image` has there, to the pixel."""
    page = box(browser, "sheet")
    assert (page["width"], page["height"]) == (image.shape[1], image.shape[0])
    # The browser rounds to whole pixels where the page lies.
    left, top = 400 - round(page["x"]), 300 - round(page["y"])
    assert np.array_equal(seen(browser, 400, 300, 400, 200), image[top:top + 200, left:left + 400])


LAYERS = {"flats": (250, 200, 150), "線画 <b>": (120, 120, 120)}
REGIONS = (90, 220, 90)


@pytest.fixture(scope="module")
def layered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a volume: the first and the third page have regions and layers, the second has none, the fourth has
    one layer that is not there."""
    folder = tmp_path_factory.mktemp("layered")
    save_color(folder / "b.png", RED)
    save_color(folder / "a.png", BLUE)
    save_color(folder / "r.png", REGIONS, (30, 40))
    for number, color in enumerate(LAYERS.values()):
        save_color(folder / f"{number}.png", color, (30, 40))
    layers = [(name, f"{number}.png") for number, name in enumerate(LAYERS)]
    full = ShownPage("p", "b.png", "a.png", "", SIZE, regions="r.png", layers=layers)
    bare = ShownPage("bare", "b.png", "a.png", "", SIZE)
    lost = ShownPage("lost", "b.png", "a.png", "", SIZE, layers=[("flats", "lost.png")])
    write_volume_page(folder, "volume.html", "Volume", [full, bare, full, lost])
    return folder / "volume.html"


def offered(browser: WebDriver) -> dict[str, WebElement]:
    """The buttons for regions and layers, by what they say."""
    return {button.text: button for button in browser.find_elements(By.CSS_SELECTOR, ".viewer button[name=picture]")}


def pressed(browser: WebDriver) -> list[str]:
    buttons = browser.find_elements(By.CSS_SELECTOR, ".viewer :is(.modes, .pictures) button[aria-pressed=true]")
    return [button.text for button in buttons]


def picture_colors(browser: WebDriver) -> list[tuple[int, ...]]:
    """What is seen at the left and the right, once the picture is there."""
    wait_for(browser, lambda: part(browser, "picture").get_property("complete"))
    return colors(browser, 0.1, 0.9)


def test_pictures_are_loaded_when_they_are_picked(browser, layered):
    open_viewer(browser, layered)
    assert list(offered(browser)) == ["Regions", *LAYERS]
    assert (pressed(browser), picture_colors(browser)) == (["Compare"], [RED, BLUE])
    assert [url for url in requested_urls(browser) if url.endswith(("/r.png", "/0.png", "/1.png"))] == []
    for label, color in {"Regions": REGIONS, **LAYERS}.items():
        offered(browser)[label].click()
        assert (pressed(browser), picture_colors(browser)) == ([label], [color, color])
        assert not part(browser, "handle").is_displayed()
    assert [Path(url).name for url in requested_urls(browser)] == ["r.png", "0.png", "1.png"]
    offered(browser)["線画 <b>"].click()  # once more
    assert (pressed(browser), colors(browser, 0.1, 0.9)) == (["Compare"], [RED, BLUE])
    assert browser.get_log("browser") == []


def test_keys_pick_regions_and_layers(browser, layered):
    open_viewer(browser, layered)
    steps = [("g", "Regions"), ("g", "Compare"), *[("l", name) for name in LAYERS], ("l", "Compare"), ("l", "flats"),
             ("g", "Regions"), ("l", "flats"), ("b", "Before")]  # fmt: skip
    for key, expected in steps:
        press(browser, key)
        assert pressed(browser) == [expected]
    assert picture_colors(browser) == [RED, RED]


def test_picked_layer_is_shown_of_each_page_that_has_it(browser, layered):
    open_viewer(browser, layered)
    press(browser, "l")
    press(browser, Keys.ARROW_RIGHT)
    wait_for_images(browser)
    assert (offered(browser), pressed(browser), colors(browser, 0.1, 0.9)) == ({}, ["Compare"], [RED, BLUE])
    assert not part(browser, "pictures").is_displayed()
    press(browser, "g", "l")  # nothing to pick here
    press(browser, Keys.ARROW_RIGHT)
    wait_for_images(browser)
    assert (pressed(browser), picture_colors(browser)) == (["flats"], [LAYERS["flats"]] * 2)
    press(browser, Keys.ARROW_RIGHT)
    assert list(offered(browser)) == ["flats"]
    assert not {RED, BLUE} & set(colors(browser, 0.1, 0.9))  # a picture that is lost is not taken for the page


def test_button_that_is_used_keeps_the_focus(browser, layered):
    open_viewer(browser, layered, 3)
    button = offered(browser)["flats"]
    button.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element == button
    assert button.accessible_name == "flats"
    assert button.get_attribute("title").endswith("(l for the next)")
    group = part(browser, "pictures")
    assert (group.aria_role, group.accessible_name) == ("group", "Regions and layers")


@pytest.mark.parametrize("window", [(390, 844), (320, 568), (844, 390), (1280, 900)])
def test_pictures_fit_any_window(browser, layered, window):
    with window_of(browser, *window):
        open_viewer(browser, layered)
        press(browser, "g")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= window[0]
        boxes = [button.rect for button in offered(browser).values()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= window[0] for box in boxes)
        assert all(box["height"] >= 44 for box in boxes)
        assert box(browser, "stage")["height"] > window[1] / 2
        assert picture_colors(browser) == [REGIONS, REGIONS]
        assert box(browser, "picture") == box(browser, "sheet")


def test_more_layers_than_fit_a_phone_are_scrolled_to(browser, tmp_path):
    for name in "ba":
        save_color(tmp_path / f"{name}.png", RED)
    layers = [(f"layer {number}", "a.png") for number in range(12)]
    write_volume_page(tmp_path, "volume.html", "Volume", [ShownPage("p", "b.png", "a.png", "", SIZE, layers=layers)])
    with window_of(browser, 390, 844):
        open_viewer(browser, tmp_path / "volume.html")
        press(browser, "l" * 12)
        last = box(browser, "pictures button:last-child")
        assert (pressed(browser), last["left"] >= 0, last["right"] <= 390) == (["layer 11"], True, True)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a volume whose only page is larger than the window."""
    folder = tmp_path_factory.mktemp("large")
    save_color(folder / "b.png", RED, LARGE)
    save_color(folder / "a.png", BLUE, LARGE)
    write_volume_page(folder, "volume.html", "Volume", [ShownPage("p", "b.png", "a.png", "", LARGE)])
    return folder / "volume.html"


def test_double_click_enlarges_what_is_under_the_mouse(browser, large_page):
    open_viewer(browser, large_page)
    fitting = box(browser, "sheet")
    x, y = int(fitting["x"] + fitting["width"] * 0.3), int(fitting["y"] + fitting["height"] * 0.4)
    mouse = ActionBuilder(browser, duration=0)
    mouse.pointer_action.move_to_location(x, y).double_click()
    mouse.perform()
    full = box(browser, "sheet")
    assert (full["width"], full["height"]) == LARGE
    assert (x - full["x"]) / LARGE[0] == pytest.approx((x - fitting["x"]) / fitting["width"], abs=0.001)
    assert (y - full["y"]) / LARGE[1] == pytest.approx((y - fitting["y"]) / fitting["height"], abs=0.001)


def test_line_stays_in_sight_at_full_size(browser, large_page):
    open_viewer(browser, large_page)
    click(browser, "zoom")
    knob = box(browser, "knob")
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2
    assert_line_at(browser, x)
    browser.execute_script("arguments[0].scrollTo(400, 900)", part(browser, "stage"))
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert_line_at(browser, x)
    page = box(browser, "sheet")
    touch(browser, (x, y), (x + 50, y + 20), (x + 200, y + 80))
    assert_line_at(browser, x + 200)
    assert box(browser, "sheet") == page  # the finger drew the line, not the page


def assert_line_at(browser: WebDriver, x: float) -> None:
    row = seen(browser, x - 40, box(browser, "stage")["y"] + 50, 80, 1)[0]
    assert [tuple(row[index].tolist()) for index in (0, 30, 49, 79)] == [RED, RED, BLUE, BLUE]


def test_hostile_names(browser, tmp_path):
    for name in HOSTILE:
        for kind, color in (("b", RED), ("a", BLUE), ("s", BLUE)):
            save_color(tmp_path / f"{kind}/{name}.png", color, (30, 40))
    pages = [ShownPage(name, f"b/{name}.png", f"a/{name}.png", f"s/{name}.png", (30, 40), name) for name in HOSTILE]
    write_volume_page(tmp_path, "a #1?.html", "<script>alert(1)</script>", pages, HOSTILE)
    open_page(browser, tmp_path / "a #1?.html")
    assert browser.title == "<script>alert(1)</script>"
    targets = browser.execute_script("return [...document.querySelectorAll('figure a')].map(link => link.pathname)")
    assert [Path(unquote(path)) for path in targets] == [tmp_path / f"a/{name}.png" for name in HOSTILE]
    thumbnail(browser, 1).click()
    for name in HOSTILE:
        wait_for_images(browser)
        assert browser.execute_script(
            "const [name, note, before, after] = ['name', 'note', 'before', 'after'].map(part =>"
            " document.querySelector(`.viewer .${part}`));"
            "return [name.textContent, note.textContent, before.naturalWidth, after.naturalWidth]"
        ) == [name, name, 30, 30]
        press(browser, Keys.ARROW_RIGHT)
    assert browser.get_log("browser") == []


def test_phone_scrolls_only_down(browser, volume):
    with window_of(browser, 390, 844):
        for page, fragment in ((volume, ""), (volume.with_name("index.html"), ""), (volume, "#page-1")):
            open_page(browser, page, fragment)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        boxes = browser.execute_script("return [...document.querySelectorAll('.viewer button')].map(button =>"
                                       " button.getBoundingClientRect().toJSON())")
    assert len(boxes) == 9
    assert all(box["left"] >= 0 and box["right"] <= 390 for box in boxes)
    assert all(box["height"] >= 44 for box in boxes)  # what a thumb hits


def test_thumbnails_lead_to_the_coloring_without_scripts(browser, volume):
    with without_scripts(browser):
        open_page(browser, volume)
        assert not is_open(browser)
        thumbnail(browser, 2).click()
        assert browser.current_url == (volume.parent / "after/2.png").as_uri()


def test_index_leads_to_the_volume_and_back(browser, volume):
    open_page(browser, volume.with_name("index.html"))
    assert browser.find_element(By.TAG_NAME, "img").get_property("naturalWidth") == 30
    browser.find_element(By.TAG_NAME, "img").click()
    assert browser.current_url == volume.as_uri()
    browser.find_element(By.LINK_TEXT, "all volumes").click()
    assert browser.current_url == volume.with_name("index.html").as_uri()
    assert browser.get_log("browser") == []


def test_five_hundred_pages_open_at_once(browser, tmp_path):
    thumbnails = [save_noise(tmp_path / f"{number}.jpg", (300, 430), seed=number).name for number in range(8)]
    pages = [ShownPage(f"page {number:03d}", image, image, image, (1500, 2150))
             for number, image in zip(range(500), itertools.cycle(thumbnails), strict=False)]
    write_volume_page(tmp_path, "volume.html", "Volume", pages)
    open_page(browser, tmp_path / "volume.html")
    wait_for(browser, lambda: browser.execute_script("return performance.timing.loadEventEnd") > 0)
    milliseconds = browser.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < milliseconds < 2000
    # Nothing moves when images arrive: each has its room from the start.
    heights = browser.execute_script("return [...document.querySelectorAll('figure img')].map(image => "
                                     "image.getBoundingClientRect()).map(box => box.width / box.height)")
    assert heights == pytest.approx([1500 / 2150] * 500, abs=0.001)
