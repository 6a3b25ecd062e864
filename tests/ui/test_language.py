import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from musicgen.config import SampleConfig, TrainingConfig, describe
from musicgen.presets import PRESETS
from musicgen.ui.base import catalogue as catalogue_module
from musicgen.ui.base.catalogue import extract, update
from musicgen.ui.base.language import (
    LANGUAGES,
    LOCALE,
    _,
    current_language,
    language_of,
    translations,
)

PROJECT = Path(__file__).resolve().parents[2]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"\{[^}]*\}")


def catalogue(language):
    text = (LOCALE / language / "LC_MESSAGES" / "musicgen.po").read_text(encoding="utf-8")
    return read_po(text.splitlines(), locale=language, abort_invalid=True)


def words(message):
    """The English texts and the translations of an entry, as two lists."""
    return [
        [part] if isinstance(part, str) else list(part) for part in (message.id, message.string)
    ]


def test_the_words_of_pages_package_and_settings_are_found():
    found = {message.id for message in extract(PROJECT) if message.id}
    assert {"Compose", "Start training", "Sheet music of the tune"} <= found
    assert {preset.meaning for preset in PRESETS.values()} <= found
    helps = {info.help for kind in (SampleConfig, TrainingConfig) for info in describe(kind)}
    assert helps <= found


def test_no_text_hides_within_another():
    """babel does not look into f-strings: a text in one is translated only if it is elsewhere."""
    known = set()
    for message in extract(PROJECT):
        known |= {message.id} if isinstance(message.id, str) else set(message.id)
    hidden = [
        (path.name, node.lineno, node.args[0].value)
        for folder in ("pages", "musicgen/ui", "musicgen/lessons")
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("_", "N_", "ngettext")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in known
    ]
    assert not hidden


def test_no_text_is_empty(capsys):
    extract(PROJECT)
    assert capsys.readouterr().err == ""


def test_texts_without_a_translation_are_listed(tmp_path, monkeypatch):
    (tmp_path / "app.py").write_text(
        'print(_("Compose"), _("Yodel"), ngettext("{n} yodel", "{n} yodels", 2))'
    )
    file = tmp_path / "zh" / "LC_MESSAGES" / "musicgen.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Compose"\nmsgstr "作曲"\n', encoding="utf-8")
    monkeypatch.setattr(catalogue_module, "LOCALE", tmp_path)
    assert update(tmp_path) == [
        "zh/LC_MESSAGES/musicgen.po: no translation of 'Yodel' (app.py)",
        "zh/LC_MESSAGES/musicgen.po: no translation of '{n} yodel' (app.py)",
    ]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_none_is_stale(language):
    used = {message.id for message in extract(PROJECT) if message.id}
    entries = catalogue(language)
    translated = {entry.id for entry in entries if entry.id and all(words(entry)[1])}
    assert translated == used
    assert not entries.obsolete
    assert not [entry.id for entry in entries if entry.id and entry.fuzzy]


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_fill_in_the_same_values_in_the_same_format(language):
    for entry in catalogue(language):
        english, foreign = words(entry)
        for text in foreign if entry.id else []:
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(english[-1])), entry.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_compiled_in_memory(language):
    spoken = translations(language)
    assert spoken.gettext("Compose") == catalogue(language)["Compose"].string
    assert not list(LOCALE.rglob("*.mo"))


def test_the_chinese_terms_of_the_glossary_are_those_of_the_catalogue():
    text = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    terms = set(re.findall(r"\| ([\u4e00-\u9fff]+) ", text))
    said = "".join(part for entry in catalogue("zh") if entry.id for part in words(entry)[1])
    unused = {term for term in terms if term not in said}
    assert len(terms) > 30
    assert not unused, f"The glossary of ARCHITECTURE.md has {unused}, which no page says."


@pytest.mark.parametrize("other", ["语料", "您", "批量"])
def test_chinese_has_one_word_for_a_thing(other):
    assert not [entry.id for entry in catalogue("zh") if other in "".join(words(entry)[1])]


def test_chinese_has_one_form_for_all_counts():
    one, many = "{count} bar out of time", "{count} bars out of time"
    spoken = translations("zh")
    assert spoken.ngettext(one, many, 1) == spoken.ngettext(one, many, 5) != many


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", "zh"),
        ("zh_Hans_CN", "zh"),
        ("ZH", "zh"),
        ("en-GB", "en"),
        ("ga", "en"),
        (None, "en"),
    ],
)
def test_a_browsers_locale_chooses_a_language_we_have(locale, language):
    assert language_of(locale) == language


def test_without_a_browser_the_words_are_english():
    assert current_language() == "en"
    assert _("Compose") == "Compose"


def test_a_language_nobody_translated_says_what_the_source_says():
    assert translations("../en").gettext("Compose") == "Compose"
