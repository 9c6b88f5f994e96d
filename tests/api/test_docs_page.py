"""The page of the contract in a real browser: it shows every operation and model, and asks nobody but the device."""

import os
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
REPORTS = Path(__file__).resolve().parents[2] / "build" / "reports"


@pytest.fixture
def browser_file() -> Path:
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing: apt-get install chromium, or set CHROMIUM"
    return CHROMIUM


async def test_it_shows_the_document(device, browser_file):
    asked: list[str] = []
    wrong: list[str] = []
    async with device.http.get(f"{device.url}/api/openapi.json") as response:
        told = await response.json()
    operations = [(path, said) for path, methods in told["paths"].items() for said in methods.values()]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1280, "height": 1000})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{device.url}/api/docs")
        await page.wait_for_selector("#models article")
        assert await page.locator("#operations article").count() == len(operations)
        assert await page.locator("#models article").count() == len(told["components"]["schemas"])
        for path, said in operations:
            article = page.locator(f"#{said['operationId']}")
            assert path in await article.locator("h2").inner_text()
            assert await article.locator("tbody tr").count() >= len(said["responses"])
        links = page.locator("a[href^='#']")
        for n in range(await links.count()):
            assert await page.locator(str(await links.nth(n).get_attribute("href"))).count() == 1
        assert "`" not in await page.locator("main").inner_text()
        await page.screenshot(path=REPORTS / "api-docs.png", full_page=True)
        await browser.close()
    assert wrong == []
    assert {url.removeprefix(device.url).split("/")[1] for url in asked} == {"api"}
