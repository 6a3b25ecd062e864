"""Tunes made by chance that use every construct of ABC, the same for the same seed.

Left out is what docs/notation.md lists as read otherwise by abc2midi, with which they are compared.
"""

import random
from fractions import Fraction

METERS = {
    "4/4": 8, "C": 8, "C|": 8, "2/4": 4, "3/4": 6, "6/8": 6, "9/8": 9, "12/8": 12, "3/2": 12,
    "5/4": 10, "7/8": 7, "2+3/8": 5,
}  # fmt: skip
"""Meters, and how many eighths a bar has."""
TONICS = ["C", "G", "D", "A", "E", "F", "Bb", "Eb", "B"]
MODES = ["", "m", "dor", "mix", "lyd", " Major", " minor", "phr", " Mixolydian"]
NOTES = ["A,", "D", "E", "F", "G", "A", "B", "c", "d", "e", "f", "g", "a", "b", "c'"]
DECORATIONS = ["~", ".", "T", "H", "u", "!trill!", "!fermata!", "!accent!"]
CHORDS = ['"G"', '"Am7"', '"D7/F#"', '"^slowly"', '"Bb"']


class Maker:
    """Makes one tune; lengths are counted in eighths, which are the unit unless `unit` says so."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.meter = self.pick(list(METERS))
        self.unit = self.pick([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(2)])
        self.number = seed

    def pick(self, options: list):
        return self.random.choice(options)

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def tune(self) -> str:
        lengths = {Fraction(1): "1/8", Fraction(1, 2): "1/16", Fraction(2): "1/4"}
        header = [f"X:{self.number}", f"T:Synthetic {self.number}"]
        if self.happens(0.3):
            header.append("C:Nobody % a comment")
        header += [f"M:{self.meter}", f"L:{lengths[self.unit]}"]
        if self.happens(0.3):
            header.append(self.pick(["Q:1/4=120", "Q:3/8=90", 'Q:"Lively" 1/4=132']))
        header.append(f"K:{self.key()}")
        sections = [self.section() for _ in range(self.random.randint(1, 3))]
        return "\n".join([*header, *sections]) + "\n"

    def key(self) -> str:
        tonic, mode = self.pick(TONICS), self.pick(MODES)
        if mode.strip()[:3] in ("phr", "m", "min") and tonic in ("Eb", "Bb"):
            mode = ""
        return tonic + mode

    def section(self) -> str:
        bars = [self.bar() for _ in range(self.random.randint(2, 5))]
        kind = self.pick(["once", "repeat", "implied", "endings", "thrice"])
        music = "|".join(bars)
        if kind == "repeat":
            music = f"|:{music}:|"
        elif kind == "implied":
            music = f"{music}:|"
        elif kind == "thrice":
            music = f"|:{music}|1,2 {self.bar()}:|3 {self.bar()}|]"
        elif kind == "endings":
            first = self.pick(["|1 ", "|[1 ", " [1 "])
            second = self.pick([":|2 ", ":|[2 ", ":| [2 "])
            line = "|" if first == " [1 " else ""
            music = f"|:{music}{line}{first}{self.bar()}{second}{self.bar()}|]"
        else:
            music += self.pick(["|]", "||"])
        return self.with_line_ends(music)

    def with_line_ends(self, music: str) -> str:
        bars = music.split("|")
        if len(bars) > 4 and self.happens(0.6):
            at = self.random.randint(2, len(bars) - 2)
            if bars[at][:1] not in ("", ":", "1", "2", "3", "[", "]") and bars[at - 1][:1] != "":
                bars[at] = self.pick(["\n", "\\\n", "% words\n", "!\n"]) + bars[at]
        return "|".join(bars)

    def bar(self) -> str:
        pieces = []
        if self.happens(0.06):
            pieces.append(f"[K:{self.key()}]")
        if self.happens(0.06):
            self.meter = self.pick(list(METERS))
            pieces.append(f"[M:{self.meter}]")
        if self.happens(0.03):
            return "".join([*pieces, "Z"])
        left = Fraction(METERS[self.meter])
        while left:
            piece, length = self.figure(left)
            pieces += [piece, self.pick(["", "", " "])]
            left -= length
        return "".join(pieces)

    def figure(self, left: Fraction) -> tuple[str, Fraction]:
        """A few notes and how long they take."""
        makers = {
            self.triplet: (10, 2), self.uneven_triplet: (3, 2), self.duplet: (2, 3),
            self.quadruplet: (2, 3), self.broken: (8, 2), self.tied: (5, 2), self.slurred: (5, 2),
            self.rest: (5, 0), self.chord: (8, 0), self.single: (52, 0),
        }  # fmt: skip
        fitting = {make: share for make, (share, least) in makers.items() if least <= left}
        (make,) = self.random.choices(list(fitting), list(fitting.values()))
        sizes = [Fraction(n) for n in ("1/2", "1", "1", "1", "3/2", "2", "3", "4")]
        return make(min(self.pick(sizes), left))

    def triplet(self, _size: Fraction) -> tuple[str, Fraction]:
        return f"(3{self.note(1)}{self.note(1)}{self.note(1)}", Fraction(2)

    def uneven_triplet(self, _size: Fraction) -> tuple[str, Fraction]:
        return f"(3:2:2{self.note(2)}{self.note(1)}", Fraction(2)

    def duplet(self, _size: Fraction) -> tuple[str, Fraction]:
        return f"(2{self.note(1)}{self.note(1)}", Fraction(3)

    def quadruplet(self, _size: Fraction) -> tuple[str, Fraction]:
        return f"(4{''.join(self.note(1) for _ in range(4))}", Fraction(3)

    def broken(self, _size: Fraction) -> tuple[str, Fraction]:
        return f"{self.plain(1)}{self.pick(['>', '<', '>>', '<<'])}{self.plain(1)}", Fraction(2)

    def tied(self, _size: Fraction) -> tuple[str, Fraction]:
        name, length = self.pick(NOTES), self.length(1)
        return f"{name}{length}-{name}{length}", Fraction(2)

    def slurred(self, _size: Fraction) -> tuple[str, Fraction]:
        return f"({self.note(1)}{self.note(1)})", Fraction(2)

    def rest(self, size: Fraction) -> tuple[str, Fraction]:
        return f"{self.pick(['z', 'x'])}{self.length(size)}", size

    def chord(self, size: Fraction) -> tuple[str, Fraction]:
        # Letters so far apart that no accidental makes two of them one pitch.
        notes = self.random.sample(["D", "A", "d", "a"], self.random.randint(2, 3))
        return f"[{''.join(notes)}]{self.length(size)}", size

    def single(self, size: Fraction) -> tuple[str, Fraction]:
        return self.note(size), size

    def note(self, size: Fraction | int) -> str:
        before = ""
        if self.happens(0.08) and size >= 1:
            before += self.pick(["{g}", "{fe}", "{/a}"]) if self.unit <= 1 else "{g/}"
        if self.happens(0.08):
            before += self.pick(CHORDS)
        if self.happens(0.1):
            before += self.pick(DECORATIONS)
        return before + self.plain(size)

    def plain(self, size: Fraction | int) -> str:
        sign = self.pick(["^", "_", "=", "^^", "__"]) if self.happens(0.12) else ""
        return sign + self.pick(NOTES) + self.length(size)

    def length(self, size: Fraction | int) -> str:
        units = Fraction(size) / self.unit
        if units == 1:
            return self.pick(["", "", "1"])
        if units.denominator == 1:
            return str(units)
        if units == Fraction(1, 2):
            return self.pick(["/", "/2", "1/2"])
        if units == Fraction(1, 4):
            return self.pick(["//", "/4", "1/4"])
        return self.pick([str(units)] + ([f"{units.numerator}/"] if units.denominator == 2 else []))


def make_tunes(count: int, seed: int = 0) -> list[str]:
    """So many tunes; the same for the same seed."""
    return [Maker(seed + number).tune() for number in range(1, count + 1)]
