"""A person adds the digits, trains a small network, reads its verdict and mistakes, and asks it about an image."""

from __future__ import annotations

import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_run_page import sign_in

pytestmark = pytest.mark.browser


def drawn(platform, label: str) -> bytes:
    """A digit of the dataset as a person would send it: larger, in colour, as JPEG."""
    told = platform.json("datasets", "images", "digits", "--per-class", "3")
    png = next(one for one in told["classes"] if one["name"] == label)["images"][0]["png"]
    image = Image.open(io.BytesIO(base64.b64decode(png))).resize((160, 160), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def test_from_images_to_a_champion_that_is_asked(page: Page, platform):
    sign_in(page, platform)
    page.goto(f"{platform.url}/p/default/datasets")
    page.get_by_test_id("add-digits").click()
    page.get_by_role("link", name="digits").click()
    expect(page.get_by_test_id("images")).to_contain_text("Images: 1,797 · classes: 10")
    expect(page.get_by_test_id("images").get_by_role("img")).to_have_count(80)

    page.get_by_role("link", name="Train on this dataset").click()
    expect(page.get_by_test_id("pipeline-select")).to_have_value("vision.cnn")
    page.locator("[name='epochs']").fill("2")
    page.get_by_test_id("start-run").click()
    expect(page.get_by_test_id("verdict")).to_be_visible(timeout=200_000)
    page.get_by_test_id("tab-evaluation").click()
    table = page.get_by_test_id("baseline-table")
    for name in ("vision.majority", "vision.logistic", "vision.neighbours", "vision.cnn"):
        expect(table).to_contain_text(name)
    for card in ("confusion", "reliability", "per-class", "mistakes"):
        expect(page.get_by_test_id(card)).to_be_visible()
    mistake = page.get_by_test_id("mistakes").get_by_role("img").first
    expect(mistake).to_have_attribute("alt", re.compile("actual .+, predicted "))

    page.goto(f"{platform.url}/p/default/models/digits?tab=predictions")
    chosen = {"name": "three.jpg", "mimeType": "image/jpeg", "buffer": drawn(platform, "3")}
    card = page.get_by_test_id("predict-image")
    card.locator("input[type=file]").set_input_files(chosen)
    expect(page.get_by_test_id("image-answer")).to_contain_text("“3”", timeout=120_000)
    card.locator("input[type=file]").set_input_files({**chosen, "name": "x.png", "buffer": b"no image"})
    expect(card.get_by_role("alert")).to_contain_text("x.png is not an image")
