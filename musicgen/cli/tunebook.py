"""``musicgen tunebook``: one's own tunes and sets: search, tag, print, export, back up."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click

from musicgen.cli.bars import BARS_HELP, parse_bars, place_bars
from musicgen.cli.files import CHOICES, TuneFiles
from musicgen.cli.options import echo, echo_json, formats_option, json_option
from musicgen.cli.output import check_free, overwrite_option, write_output
from musicgen.cli.reading import MAX_BYTES, read_text_file, read_tunebook_file
from musicgen.cli.sound_options import SoundChoice, reading_options, sound_options
from musicgen.config import Paths, SampleConfig
from musicgen.errors import TunebookError
from musicgen.library.book_tune import (
    MOST_SEMITONES,
    BookSet,
    BookTune,
    SetTune,
    make_tune,
    with_title,
)
from musicgen.library.favourites import FavouriteStore
from musicgen.library.tunebook import Question, Tunebook
from musicgen.library.tunebook_archive import (
    Imported,
    import_abc,
    import_archive,
    write_abc_book,
    write_archive,
)
from musicgen.notation.analysis.clefs import CLEFS
from musicgen.notation.analysis.fingering import FINGERINGS
from musicgen.notation.analysis.incipit import query_of, read_query
from musicgen.notation.analysis.instruments import INSTRUMENTS, fit
from musicgen.notation.writing.etude import make_etude
from musicgen.notation.writing.field_changes import with_field, with_tempo
from musicgen.notation.writing.note_changes import CHANGES, Change, change_note
from musicgen.notation.writing.rhythm_change import DANCES, as_dance
from musicgen.notation.writing.variation import vary
from musicgen.rendering.files.book_pdf import (
    CODES,
    LAYOUTS,
    NOTATIONS,
    PAPERS,
    BookChoice,
    BookSettings,
)
from musicgen.rendering.playback_settings import AS_DANCED, MOST_OCTAVES
from musicgen.storage import storing

_TUNE = "Its title, or the beginning of its key, as `tunebook list` shows it."
_PART = re.compile(r"(?P<tune>.+?)(?:\*(?P<repeats>\d))?(?:@(?P<transpose>[+-]?\d{1,2}))?")
_TITLE = "Tunebook"
_ORDERS = ("title", "rhythm", "added")
_SET_CHOICES = ("abc", "midi", "wav", "mp3", "ogg", "flac")
_out_option = click.option("--out", type=click.Path(path_type=Path), default=Path("out"),
                           show_default=True, help="Folder for the files.")  # fmt: skip
_file_option = click.option("--out", type=click.Path(path_type=Path), required=True,
                            metavar="FILE", help="The file to write.")  # fmt: skip


@click.group("tunebook")
def tunebook_group() -> None:
    """Your tunebook: the tunes and sets that are kept on this computer."""


@tunebook_group.command("list")
@click.option(
    "--words",
    default="",
    help="Words in title, composer, notes, tags, rhythm, key or meter; all of them.",
)
@click.option("--rhythm", default="", help="Such as jig.")
@click.option("--key", "music_key", default="", help='Such as "E dorian", or its tonic alone.')
@click.option("--meter", default="", help="Such as 6/8.")
@click.option("--tag", default="", help="A tag that they have.")
@click.option("--melody", default="", metavar="NOTES",
              help='Notes in any key: "DFA dAF", "D^FA d", or degrees: "1 3 5 6".')  # fmt: skip
@click.option("--like", "like_file", type=click.Path(path_type=Path), metavar="FILE",
              help="An ABC file; tunes that begin or go like its first tune.")  # fmt: skip
@json_option
def list_command(  # noqa: PLR0913 - each is an option of the command
    words: str,
    rhythm: str,
    music_key: str,
    meter: str,
    tag: str,
    melody: str,
    like_file: Path | None,
    as_json: bool,
) -> None:
    """List tunes, the newest first, or those that are looked for."""
    query = read_query(melody) if melody else None
    if like_file:
        query = query_of(read_tunebook_file(like_file)[0][0])
    question = Question(words, rhythm, music_key, meter, tag, query)
    tunes = _book().tunes(question)
    if as_json:
        echo_json([_row(tune) for tune in tunes])
        return
    if not tunes and question != Question():
        echo("No tune has all of this. Ask for less.")
    elif not tunes:
        echo("No tune was found. Add some: python -m musicgen tunebook add FILE")
    for tune in tunes:
        echo(_line(tune) + (f"  {tune.likeness:.0%}" if query else ""))


@tunebook_group.command("add")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path),
                metavar="FILE...")  # fmt: skip
@click.option("--tag", "tags", multiple=True, help="What they are tagged with; may be repeated.")
@json_option
def add_command(files: tuple[Path, ...], tags: tuple[str, ...], as_json: bool) -> None:
    """Add all tunes of ABC files. Those that are there already stay as they are."""
    book = _book()
    found = [import_abc(book, read_text_file(file), tags) for file in files]
    _say_imported(found, as_json)


@tunebook_group.command("show")
@click.argument("tune", metavar="TUNE")
@json_option
def show_command(tune: str, as_json: bool) -> None:
    """Show a tune: what is known of it, its notes, and its ABC."""
    found = _book().find(tune)
    if as_json:
        echo_json(_row(found) | {"note": found.note, "abc": found.text})
        return
    echo(_line(found), *([found.note] if found.note else []), "", *found.text.rstrip().split("\n"))


@tunebook_group.command("change")
@click.argument("tune", metavar="TUNE")
@click.option("--title", default=None, help="What to call it.")
@click.option("--tag", "tags", multiple=True, help="A tag to add; may be repeated.")
@click.option("--untag", "gone", multiple=True, help="A tag to take away; may be repeated.")
@click.option("--note", default=None, help="Something to remember of it.")
@click.option("--composer", default=None, help="Written into its text, as C: in ABC.")
@click.option("--rhythm", default=None, help="Such as jig; written into its text, as R: in ABC.")
@click.option(
    "--tempo",
    type=float,
    default=None,
    metavar="BPM",
    help="Beats a minute, written into its text; 0 for the usual of its dance.",
)
@json_option
def change_command(  # noqa: PLR0913 - each is an option of the command
    tune: str,
    title: str | None,
    tags: tuple[str, ...],
    gone: tuple[str, ...],
    note: str | None,
    composer: str | None,
    rhythm: str | None,
    tempo: float | None,
    as_json: bool,
) -> None:
    """Give a tune another title, composer, rhythm, tempo, tags, or a note."""
    from musicgen.audio.accents import beat_quarters

    book = _book()
    found = book.find(tune)
    text = found.text
    for letter, value in (("C", composer), ("R", rhythm)):
        text = text if value is None else with_field(text, letter, value)
    if tempo is not None:
        text = with_tempo(text, tempo or None, beat_quarters(found.tune.meter))
    if text != found.text:
        book.rewrite(found.key, text)
    wanted = [tag for tag in (*found.tags, *tags) if tag not in gone]
    changed = book.change(found.key, title=title, tags=wanted, note=note)
    if as_json:
        echo_json(_row(changed))
    else:
        echo(_line(changed))


@tunebook_group.command("note")
@click.argument("tune", metavar="TUNE")
@click.argument("number", type=click.IntRange(1))
@click.argument("change", type=click.Choice(CHANGES))
@json_option
def note_command(tune: str, number: int, change: str, as_json: bool) -> None:
    """Change one note of a tune, counted from 1; its bar keeps its time.

    A longer note takes its time from its neighbour, a shorter one gives it there.
    """
    book = _book()
    found = book.find(tune)
    changed = book.rewrite(
        found.key, change_note(found.text, number - 1, cast(Change, change)).text
    )
    if as_json:
        echo_json(_row(changed) | {"abc": changed.text})
    else:
        echo(*changed.text.rstrip().split("\n"))


@tunebook_group.command("vary")
@click.argument("tune", metavar="TUNE")
@click.option("--amount", type=click.FloatRange(0, 1), default=0.3, show_default=True,
              help="How far from the tune: 0 a few ornaments, 1 a third of the time.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Another finds another variant.")  # fmt: skip
@click.option("--dance", type=click.Choice(tuple(DANCES)), help="The same tune as another dance.")
@click.option("--keep", is_flag=True, help="Add it to the tunebook.")
@json_option
def vary_command(
    tune: str, amount: float, seed: int, dance: str | None, keep: bool, as_json: bool
) -> None:
    """A tune as players vary it on repeats, or as another dance."""
    book = _book()
    found = book.find(tune)
    text = as_dance(found.tune, dance) if dance else vary(found.tune, amount, seed)
    made = make_tune(with_title(text, f"{found.title} ({dance or 'variant'})"))
    if keep:
        book.add([made])
    if as_json:
        echo_json({"title": made.title, "abc": made.text, "kept": keep})
    else:
        echo(*made.text.rstrip().split("\n"))


@tunebook_group.command("etude")
@click.argument("tune", metavar="TUNE")
@click.option("--bars", required=True, metavar="FIRST-LAST", help=BARS_HELP)
@click.option("--instrument", "name", type=click.Choice(tuple(INSTRUMENTS)),
              help="Instead of the one that is remembered.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Add it to the tunebook.")
@json_option
def etude_command(tune: str, bars: str, name: str | None, keep: bool, as_json: bool) -> None:
    """Some bars of a tune as an exercise: through the scale, then through keys."""
    book = _book()
    found = book.find(tune)
    first, last = place_bars(found.tune, *parse_bars(bars))
    text = make_etude(found.tune, first - 1, last - 1, name or book.choice("instrument"))
    made = make_tune(with_title(text, f"{found.title}: exercise"))
    if keep:
        book.add([made])
    if as_json:
        echo_json({"title": made.title, "abc": made.text, "kept": keep})
    else:
        echo(*made.text.rstrip().split("\n"))


@tunebook_group.command("rewrite")
@click.argument("tune", metavar="TUNE")
@click.option("--bars", required=True, metavar="FIRST-LAST", help=BARS_HELP)
@click.option("--checkpoint", "checkpoint_name", default="house", show_default=True,
              metavar="NAME", help="Who composes.")  # fmt: skip
@click.option("--temperature", type=click.FloatRange(0.1, 2.0),
              default=SampleConfig().temperature, show_default=True)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Start of the drawings; another finds other ways.")  # fmt: skip
@click.option("--choice", type=click.IntRange(0), help="Change the tune to this way.")
@json_option
def rewrite_command(
    tune: str,
    bars: str,
    checkpoint_name: str,
    temperature: float,
    seed: int,
    choice: int | None,
    as_json: bool,
) -> None:
    """Other ways to go through some bars of any tune, by a model; --choice keeps one.

    The ways after which the rest of the tune follows best come first.
    """
    from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
    from musicgen.sampling.foreign_infilling import rewrite_any_bars

    first, last = parse_bars(bars)
    book = _book()
    found = book.find(tune)
    checkpoint = load_checkpoint(find_checkpoint(checkpoint_name, Paths.default()).path)
    config = SampleConfig(temperature=temperature)
    places = place_bars(found.tune, first, last)
    ways = rewrite_any_bars(checkpoint, config, found.text, *places, seed)
    if choice is not None:
        chosen = [one for one in ways if one.choice == choice]
        if not chosen:
            raise TunebookError("There is no way with the number {number}.", number=choice)
        changed = book.rewrite(found.key, chosen[0].abc)
        if as_json:
            echo_json(_row(changed) | {"abc": changed.text})
        else:
            echo(*changed.text.rstrip().split("\n"))
    elif as_json:
        rows = [
            {"choice": one.choice, "bars": list(one.bars), "fit": round(one.fit, 4)} for one in ways
        ]
        echo_json({"first_bar": first, "last_bar": last, "seed": seed, "ways": rows})
    else:
        for one in ways:
            echo(f"--choice {one.choice:<3} {one.fit:+6.1f}  {'|'.join(one.bars)}")


@tunebook_group.command("instrument")
@click.argument("name", required=False, type=click.Choice(("none", *INSTRUMENTS)))
@click.option("--clef", type=click.Choice(("none", *CLEFS)),
              help="The clef it reads, on the pages; none: as tunes say.")  # fmt: skip
@click.option("--octave", type=click.IntRange(-MOST_OCTAVES, MOST_OCTAVES),
              help="Octaves in which it reads and sounds, up or down.")  # fmt: skip
@json_option
def instrument_command(
    name: str | None, clef: str | None, octave: int | None, as_json: bool
) -> None:
    """Show or choose your instrument: the pages, `tunebook fit` and `tunebook around` keep to it.

    What `compose` and `set` write follows from their words alone: tell them with --range and
    --keep-to.
    """
    book = _book()
    if clef:
        book.choose("clef", "" if clef == "none" else clef)
    if octave is not None:
        book.choose("octave", str(octave))
    if name:
        book.choose("instrument", "" if name == "none" else name)
        chosen = INSTRUMENTS.get(name)
        book.choose("fingering", chosen.fingering if chosen else "")
    found = book.choice("instrument")
    if as_json:
        echo_json(
            {
                "instrument": found,
                "clef": book.choice("clef"),
                "octave": int(book.choice("octave") or 0),
            }
        )
        return
    echo(found or "No instrument is chosen: python -m musicgen tunebook instrument NAME")
    if book.choice("clef") or book.choice("octave") not in ("", "0"):
        read_in = book.choice("clef") or "as the tune says"
        echo(f"Clef: {read_in}, octave: {book.choice('octave') or '0'}")


@tunebook_group.command("fit")
@click.argument("tune", metavar="TUNE")
@click.option("--instrument", "name", type=click.Choice(tuple(INSTRUMENTS)),
              help="Instead of the one that is remembered.")  # fmt: skip
@json_option
def fit_command(tune: str, name: str | None, as_json: bool) -> None:
    """By how many semitones a tune is best moved for your instrument, and what it lacks then."""
    book = _book()
    found = book.find(tune)
    instrument = INSTRUMENTS.get(name or book.choice("instrument"))
    if instrument is None:
        raise TunebookError(
            "Name an instrument with --instrument, or choose yours: python -m musicgen tunebook "
            "instrument NAME"
        )
    best = fit(found.tune, instrument)
    if as_json:
        echo_json({"instrument": instrument.name, "semitones": best.semitones,
                   "missing": best.missing, "missing_before": best.missing_before})  # fmt: skip
        return
    echo(
        f"{found.title} on the {instrument.name}: {best.missing_before} notes are lacking as it "
        f"is, {best.missing} if it is moved by {best.semitones:+d} semitones."
    )


@tunebook_group.command("remove")
@click.argument("tune", metavar="TUNE")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def remove_command(tune: str, yes: bool, as_json: bool) -> None:
    """Remove a tune, from all sets as well."""
    book = _book()
    found = book.find(tune)
    if not yes:
        click.confirm(f"Remove {found.title!r} from the tunebook?", abort=True, err=True)
    book.remove(found.key)
    if as_json:
        echo_json({"removed": found.key, "title": found.title})
    else:
        echo(f"{found.title} is removed.")


@tunebook_group.command("set")
@click.argument("name")
@click.argument("tunes", nargs=-1, metavar="[TUNE[*REPEATS][@SEMITONES]]...")
@click.option("--transpose", "step", type=click.IntRange(-MOST_SEMITONES, MOST_SEMITONES),
              default=0, show_default=True, metavar="SEMITONES",
              help="Move all of it; without tunes, the set that is kept.")  # fmt: skip
@json_option
def set_command(name: str, tunes: tuple[str, ...], step: int, as_json: bool) -> None:
    """Keep a set: tunes in order, such as "The Kesh*3" "Morrison's*3@-2"."""
    book = _book()
    if not (tunes or step):
        raise TunebookError("Name the tunes of the set, or move it with --transpose SEMITONES.")
    parts = tuple(_parse_part(book, text) for text in tunes) or book.get_set(name).tunes
    parts = tuple(replace(part, transpose=part.transpose + step) for part in parts)
    book.put_set(BookSet(name, parts))
    _say_set(book, book.get_set(name), as_json)


@tunebook_group.command("around")
@click.argument("tune", metavar="TUNE")
@click.option("--checkpoint", "checkpoint_name", default="house", show_default=True,
              help="Who composes.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Another finds other tunes.")  # fmt: skip
@click.option("--temperature", type=click.FloatRange(0.1, 2.0),
              default=SampleConfig().temperature, show_default=True)  # fmt: skip
@json_option
def around_command(
    tune: str, checkpoint_name: str, seed: int, temperature: float, as_json: bool
) -> None:
    """Compose two tunes to go with one of the tunebook, and keep the three as a set.

    They keep to the range of your instrument, and to its keys where these go with that tune.
    """
    from musicgen.models.checkpoint import find_checkpoint, load_checkpoint
    from musicgen.sampling.tune_sets import compose_around

    book, paths = _book(), Paths.default()
    found = book.find(tune)
    checkpoint = load_checkpoint(find_checkpoint(checkpoint_name, paths).path)
    config = SampleConfig(temperature=temperature)
    instrument = INSTRUMENTS.get(book.choice("instrument"))
    composed = compose_around(checkpoint, found.tune, seed, config, instrument)
    name = FavouriteStore(paths.favourites).add_set(
        f"{found.title} and two more", composed, found.key
    )
    _say_set(book, book.get_set(name), as_json)


@tunebook_group.command("sets")
@json_option
def sets_command(as_json: bool) -> None:
    """List the sets."""
    book = _book()
    sets = book.sets()
    if as_json:
        echo_json([_set_row(book, one) for one in sets])
        return
    if not sets:
        echo("There is no set yet. Make one: python -m musicgen tunebook set NAME TUNE TUNE")
    for one in sets:
        _say_set(book, one, as_json=False)


@tunebook_group.command("unset")
@click.argument("name")
@json_option
def unset_command(name: str, as_json: bool) -> None:
    """Remove a set; its tunes stay."""
    book = _book()
    found = book.get_set(name)
    book.remove_set(found.name)
    if as_json:
        echo_json({"removed": found.name})
    else:
        echo(f"{found.name} is removed; its tunes stay.")


@tunebook_group.command("export")
@click.argument("tunes", nargs=-1, metavar="[TUNE]...")
@click.option("--set", "set_name", default="", metavar="NAME",
              help="A set, played through as one file.")  # fmt: skip
@click.option("--book", "as_book", is_flag=True, help="All tunes in one ABC file.")
@sound_options(AS_DANCED)
@_out_option
@formats_option("abc", CHOICES)
@overwrite_option
@json_option
def export_command(  # noqa: PLR0913 - each is an option of the command
    tunes: tuple[str, ...],
    set_name: str,
    as_book: bool,
    sound: SoundChoice,
    out: Path,
    formats: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write tunes as files named after their titles, all if none is named; or a set as one file."""
    from musicgen.rendering.files.book_files import export_tune, pick_tunes, play_set
    from musicgen.rendering.files.formats import FORMATS

    book, paths = _book(), Paths.default()
    rows: list[dict[str, Any]] = []
    if set_name:
        wrong = [name for name in formats if name not in _SET_CHOICES]
        if wrong:
            raise TunebookError("A set is written as: {names}.", names=", ".join(_SET_CHOICES))
        played = play_set(book, book.get_set(set_name), sound.playback, paths)
        places = {name: out / f"{played.stem}.{FORMATS[name].suffix}" for name in formats}
        check_free(places.values(), overwrite)
        for name, path in places.items():
            write_output(path, played.make(name), overwrite)
        rows.append({"title": played.name, "files": [str(path) for path in places.values()]})
    else:
        chosen = _some(pick_tunes(book, tunes))
        if as_book:
            path = out / "tunebook.abc"
            write_output(path, write_abc_book(chosen).encode(), overwrite)
            rows.append({"title": f"{len(chosen)} tunes", "files": [str(path)]})
        else:
            files = TuneFiles(out, formats, paths, keeps_text=True, overwrite=overwrite)
            files.check([tune.stem for tune in chosen], "tunebook")
            for tune in chosen:
                written = files.write(export_tune(tune, sound.playback, paths))
                rows.append(
                    {"title": tune.title, "files": [str(path) for path in written.paths],
                     "warning": written.warning}
                )  # fmt: skip
            packed = [str(path) for path in files.finish("tunebook")]
            rows[-1]["files"] += packed
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        echo(f"{row['title']}: {' '.join(row['files'])} {row.get('warning', '')}".rstrip())


@tunebook_group.command("pdf")
@click.argument("tunes", nargs=-1, metavar="[TUNE]...")
@_file_option
@click.option("--title", default=_TITLE, show_default=True, help="Title of the book.")
@click.option("--paper", type=click.Choice(PAPERS), default="a4", show_default=True)
@click.option("--layout", type=click.Choice(LAYOUTS), default="tunes", show_default=True,
              help="Whole tunes, their beginnings in two columns, or both.")  # fmt: skip
@click.option("--code", type=click.Choice(CODES), default="abc", show_default=True,
              help="What the QR code of a tune holds: its notes as ABC, or a link.")  # fmt: skip
@click.option("--address", default="", metavar="URL",
              help="Address at which others reach this program, for links.")  # fmt: skip
@click.option("--fingering", type=click.Choice(("", *FINGERINGS)), default=None,
              help="How the notes are played, below them; by default on yours.")  # fmt: skip
@click.option("--notation", type=click.Choice(NOTATIONS), default="staff", show_default=True,
              help="Staff notation, or numbered notation (jianpu).")  # fmt: skip
@reading_options()["clef"]
@reading_options()["octave"]
@click.option("--tag", default="", help="Only tunes with this tag.")
@click.option("--set", "set_name", default="", metavar="NAME",
              help="A set: its tunes in order, in their keys, and nothing else.")  # fmt: skip
@click.option("--order", type=click.Choice(_ORDERS), default="title", show_default=True)
@overwrite_option
@json_option
def pdf_command(  # noqa: PLR0913 - each is an option of the command
    tunes: tuple[str, ...],
    out: Path,
    title: str,
    paper: str,
    layout: str,
    code: str,
    address: str,
    fingering: str | None,
    notation: str,
    clef: str,
    octave: int,
    tag: str,
    set_name: str,
    order: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Print tunes as one PDF file: contents, sets, music with QR codes, indexes."""
    from musicgen.rendering.files.book_files import pick_tunes, tunes_of_set
    from musicgen.rendering.files.book_pdf import write_book

    check_free([out], overwrite)
    book = _book()
    if fingering is None:
        fingering = book.choice("fingering")  # of one's instrument, as on the page
    settings = BookSettings(title, paper, layout, code, fingering, address, notation, clef, octave)
    if set_name:
        wanted = book.get_set(set_name)
        ordered = tunes_of_set(book, wanted)
        settings = settings.replace(title=title if title != _TITLE else wanted.name, is_set=True)
    else:
        chosen = [tune for tune in pick_tunes(book, tunes) if not tag or tag in tune.tags]
        ordered = BookChoice(order).pick(_some(chosen))
    printed = write_book(ordered, () if set_name else book.sets(), settings, Paths.default())
    write_output(out, printed.data, overwrite)
    warnings = [f"{name}: {reason}" for name, reason in printed.missing]
    if as_json:
        echo_json({"file": str(out), "tunes": len(ordered), "warnings": warnings})
        return
    echo(*warnings, err=True)
    echo(f"{out}: {_counted(len(ordered), 'tune')}")


@tunebook_group.command("friends")
@click.argument("tunes", nargs=-1, metavar="[TUNE]...")
@_file_option
@click.option("--title", default="Tunebook", show_default=True, help="Title of the page.")
@overwrite_option
@json_option
def friends_command(
    tunes: tuple[str, ...], out: Path, title: str, overwrite: bool, as_json: bool
) -> None:
    """Write one HTML file that shows and plays tunes without this program and without the net."""
    from musicgen.rendering.files.book_files import pick_tunes
    from musicgen.rendering.files.friends_page import write_friends_page

    check_free([out], overwrite)
    book = _book()
    chosen = _some(pick_tunes(book, tunes))
    page = write_friends_page(title, chosen, book.sets(), Paths.default())
    write_output(out, page.encode("utf-8", "replace"), overwrite)
    if as_json:
        echo_json({"file": str(out), "tunes": len(chosen)})
    else:
        echo(f"{out}: {_counted(len(chosen), 'tune')}")


@tunebook_group.command("backup")
@_file_option
@overwrite_option
@json_option
def backup_command(out: Path, overwrite: bool, as_json: bool) -> None:
    """Write the whole tunebook as one ZIP file, which `tunebook import` brings back."""
    book = _book()
    write_output(out, write_archive(book), overwrite)
    tunes, count = book.count(), len(book.sets())
    if as_json:
        echo_json({"file": str(out), "tunes": tunes, "sets": count})
    else:
        echo(f"{out}: {_counted(tunes, 'tune')}, {_counted(count, 'set')}")


@tunebook_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_command(file: Path, as_json: bool) -> None:
    """Bring a backup back: tunes, tags, notes and sets. What is there already stays as it is."""
    with storing(file):
        size = file.stat().st_size
        if size > MAX_BYTES:
            limit = MAX_BYTES // 1_000_000
            raise TunebookError(f"{file.name} is larger than {limit} MB.")
        data = file.read_bytes()
    _say_imported([import_archive(_book(), data)], as_json)


def _book() -> Tunebook:
    return FavouriteStore(Paths.default().favourites).book


def _some(tunes: list[BookTune]) -> list[BookTune]:
    if not tunes:
        raise TunebookError("There is no such tune in the tunebook.")
    return tunes


def _parse_part(book: Tunebook, text: str) -> SetTune:
    found = _PART.fullmatch(text)
    if found is None:
        raise TunebookError("There is no tune {name!r} in the tunebook.", name=text[:80])
    return SetTune(
        book.find(found["tune"]).key, int(found["repeats"] or 1), int(found["transpose"] or 0)
    )


def _row(tune: BookTune) -> dict[str, Any]:
    return {
        "key": tune.key,
        "title": tune.title,
        "rhythm": tune.rhythm,
        "meter": tune.meter,
        "music_key": tune.music_key,
        "tags": list(tune.tags),
        "created": tune.created,
        "composed": tune.is_composed,
        "likeness": round(tune.likeness, 3),
    }


def _line(tune: BookTune) -> str:
    facts = [tune.rhythm, tune.meter, tune.music_key, *(f"#{tag}" for tag in tune.tags)]
    return f"{tune.key[:8]}  {tune.title}  ({', '.join(filter(None, facts))})"


def _set_row(book: Tunebook, one: BookSet) -> dict[str, Any]:
    parts = [
        {"key": part.key, "title": book.get(part.key).title, "repeats": part.repeats,
         "transpose": part.transpose}
        for part in one.tunes
    ]  # fmt: skip
    return {"name": one.name, "tunes": parts}


def _say_set(book: Tunebook, one: BookSet, as_json: bool) -> None:
    row = _set_row(book, one)
    if as_json:
        echo_json(row)
        return
    parts = [
        part["title"]
        + (f" ×{part['repeats']}" if part["repeats"] > 1 else "")
        + (f" ({part['transpose']:+d})" if part["transpose"] else "")
        for part in row["tunes"]
    ]
    echo(f"{one.name}: {' / '.join(parts)}")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _say_imported(found: list[Imported], as_json: bool) -> None:
    total = {
        "tunes": sum(one.tunes for one in found),
        "sets": sum(one.sets for one in found),
        "known": sum(one.known for one in found),
        "empty": sum(one.empty for one in found),
    }
    if as_json:
        echo_json(total)
        return
    words = [_counted(total["tunes"], "new tune")]
    words += [_counted(total["sets"], "new set")] if total["sets"] else []
    words += [f"{total['known']} were there already"] if total["known"] else []
    words += [f"{total['empty']} without notes are left out"] if total["empty"] else []
    echo(", ".join(words) + ".")
