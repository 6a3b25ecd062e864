"""The pages of the app: what tests of all pages go through."""

from pathlib import PurePath

from musicgen.ui.frame.page import PAGES

PAGE_NAMES = tuple(name for _script, name, _icon in PAGES)
"""All pages by their English names, in the order of the sidebar; the first is the start page."""

OTHER_PAGES = tuple(PurePath(script).stem for script, _name, _icon in PAGES[1:])
"""All but the start page, by the names in their addresses."""
