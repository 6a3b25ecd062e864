"""Parts of pages outside Streamlit: what happens when calls of one part overtake each other.

Streamlit calls a part anew at each change, and when a call has been overtaken by a later one before
it was done, ends it as if the part were gone: see the end of each script in
``musicgen/ui/components``.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from musicgen.ui import components

pytestmark = pytest.mark.browser

KEYBOARD = (Path(components.__file__).parent / "keyboard.js").read_text(encoding="utf-8")

PLAY = """async (script) => {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: call } = await import(address);
  const parentElement = document.querySelector("#part"), told = [];
  const words = { keys: "Keys", clear: "Clear", back: "Back", midi: "MIDI" };
  const data = { low: 60, high: 84, most: 9, notes: [], words };
  const part = { name: "keys", data, parentElement, setStateValue: (_, notes) => told.push(notes) };
  const press = (pitch) => document.querySelector(`[data-pitch="${pitch}"]`)
    .dispatchEvent(new MouseEvent("click", { detail: 0 }));
  const overtaken = await call(part);
  const last = await call(part);
  press(60);
  await overtaken();
  await new Promise((go) => setTimeout(go, 700));
  const whileThere = structuredClone(told);
  press(64);
  parentElement.replaceChildren();
  await last();
  return [whileThere, told];
}"""


def test_a_keyboard_that_is_called_twice_at_once_goes_on_and_loses_no_note(browser: Browser):
    page = browser.new_page()
    page.set_content('<div id="part"><div class="musicgen-keyboard"></div></div>')
    while_there, told = page.evaluate(PLAY, KEYBOARD)
    page.close()
    assert while_there == [[60]]
    assert told == [[60], [60, 64]]
