"""What pyproject.toml cannot say: the wheel takes along what a checkout has beside the package.

The script of the app, its pages, its settings, its picture, the list of what npm fetches, and the
trained models go into ``musicgen/_project``, where `musicgen.config.Paths` looks for them.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
TAKEN_ALONG = (
    "app.py",
    "pages/*.py",
    ".streamlit/config.toml",
    "assets/icon.png",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "checkpoints/**/*",
)


class BuildWithProject(build_py):
    """Copies the files beside the package into it, in the folder of the build alone."""

    def run(self) -> None:
        """Builds as ever, then copies."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "musicgen", "_project")
        for pattern in TAKEN_ALONG:
            for file in sorted(ROOT.glob(pattern)):
                if file.is_file():
                    place = target / file.relative_to(ROOT)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, place)


setup(cmdclass={"build_py": BuildWithProject})
