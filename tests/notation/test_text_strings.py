r"""Text strings by the tables of ABC 2.1 §8.2 and §14.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgen.notation.parsing.reader import read_tune
from musicgen.notation.parsing.text_strings import (
    decode_text_string,
    encode_text_string,
    without_comment,
)
from musicgen.notation.writing.abc_writer import write_abc


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (r"\`A\`a\'E\'e\^I\^o\~N\~n\~O\"U\"y", "ÀàÉéÎôÑñÕÜÿ"),
        (r"\cC\cc\AA\aa\/O\/o\uA\ua\vS\vs\vZ\vz", "ÇçÅåØøĂăŠšŽž"),
        (r"\HO\Ho\HU\Hu\ss\AE\ae\oe\OE\TH\th\DH\dh", "ŐőŰűßÆæœŒÞþÐð"),
        (r"\u00e9\u0160\U0001d11e", "éŠ𝄞"),
        ("&eacute;&Auml;&#233;&#xe9;&amp;&szlig;", "éÄéé&ß"),
        (r"100\% of \&eacute; \\'e", r"100% of &eacute; \'e"),
        (r"fran\cc ais, bl\aa b\aer", "français, blå bær"),
        (
            r"R&B; c:\dir, \'x, &nosuch;, \u000a, &#10;",
            r"R&B; c:\dir, \'x, &nosuch;, \u000a, &#10;",
        ),
    ],
)
def test_mnemonics_and_entities_are_letters(written: str, said: str) -> None:
    assert decode_text_string(written) == said


@given(st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_a_text_is_written_so_that_it_reads_the_same(text: str) -> None:
    assert decode_text_string(without_comment(encode_text_string(text))) == text


@given(st.lists(st.sampled_from(["\\", "%", "&", "'", "e", "eacute;", "u00e9", "#233;", "c", " "])))
def test_signs_of_mnemonics_are_written_so_that_they_read_the_same(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert decode_text_string(without_comment(encode_text_string(text))) == text


def test_a_comment_begins_at_a_bare_percent_sign() -> None:
    assert without_comment(r"100\% mine % not yours") == r"100\% mine "
    assert without_comment("% all") == ""


def test_all_words_of_a_header_are_text_strings() -> None:
    header = "X:1\nT:Caf\\'e 100\\%\n+:and more\nC:M\\\"uller\nA:K&ouml;ln\nR:h\\'el\\'e\nK:C\n"
    tune, _ = read_tune(header + "C|]")
    assert tune.title == "Café 100% and more"
    assert tune.rhythm == "hélé"
    assert dict(tune.fields)["C"] == "Müller"
    assert dict(tune.fields)["A"] == "Köln"
    again, _ = read_tune(write_abc(tune))
    assert (again.titles, dict(again.fields)["C"]) == (tune.titles, "Müller")
