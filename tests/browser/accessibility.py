"""What axe-core finds on a page: WCAG 2.2 at levels A and AA, by https://github.com/dequelabs/axe-core."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}


def violations(page: Page, part: str = "[data-testid=stMain]") -> list[str]:
    """Each rule that is broken, with where: of a part of a page, without Streamlit's own frame.

    Args:
        page: At rest.
        part: A selector of one element.
    """
    found = Axe().run(page, part, _OPTIONS).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]
