import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from musicgen.evaluation.novelty.suffix_array import SuffixTable

sequences = st.lists(st.text("abc", max_size=12), max_size=6)


def longest_plainly(query, others):
    """For each place the longest match, found by trying every length."""
    return [
        max(
            length
            for length in range(len(query) - at + 1)
            if not length or any(query[at : at + length] in other for other in others)
        )
        for at in range(len(query))
    ]


@given(sequences, st.text("abcd", max_size=12))
def test_the_longest_match_of_every_place_is_what_plain_search_finds(known, query):
    matches = SuffixTable.build(known).index.match(query)
    assert [match.length for match in matches] == longest_plainly(query, known)
    for at, match in enumerate(matches):
        if match.length:
            found = known[match.sequence].find(query[at : at + match.length])
            assert found >= 0


@given(sequences, st.text("abc", min_size=1, max_size=5))
def test_find_lists_the_sequences_that_have_the_query(known, query):
    found = SuffixTable.build(known).index.find(query).tolist()
    assert found == [number for number, text in enumerate(known) if query in text]


@given(sequences, st.data())
def test_matches_in_other_groups_are_what_plain_search_finds(known, data):
    groups = [data.draw(st.integers(0, 2)) for _ in known]
    longest = SuffixTable.build(known).longest_elsewhere(groups)
    for text, group, found in zip(known, groups, longest, strict=True):
        others = [other for other, its in zip(known, groups, strict=True) if its != group]
        assert found.tolist() == longest_plainly(text, others)


@given(sequences, st.text("abc", max_size=10), st.sets(st.integers(0, 5)))
def test_sequences_left_out_do_not_count(known, query, without):
    matches = SuffixTable.build(known).index.match(query, without)
    others = [text for number, text in enumerate(known) if number not in without]
    assert [match.length for match in matches] == longest_plainly(query, others)


def test_sequences_come_back_as_they_were_and_order_is_a_permutation():
    known = ["abcab", "", "bca"]
    index = SuffixTable.build(known).index
    assert [index.sequence(number) for number in range(len(index))] == known
    assert np.array_equal(np.sort(index.order), np.arange(len(index.text)))
