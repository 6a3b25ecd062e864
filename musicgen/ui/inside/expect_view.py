"""What it expects: surprise along a tune, and what each setting makes of one distribution."""

import numpy as np
import streamlit as st

from musicgen.config import SampleConfig
from musicgen.errors import MusicgenError
from musicgen.interpretation.expectation import Expectation, Stage, find_stages
from musicgen.models.checkpoint import Checkpoint
from musicgen.sampling.temperature_effect import count_choices
from musicgen.ui.base.errors import sentence, show_errors, translate
from musicgen.ui.base.language import _
from musicgen.ui.components.coloured_text import TextLinks
from musicgen.ui.components.live_chart import live_chart
from musicgen.ui.inside import figures, measured
from musicgen.ui.inside.colours import amounts
from musicgen.ui.inside.place_picker import clickable_text, pick_place, place_name
from musicgen.ui.inside.subject import Subject, pick_subject
from musicgen.ui.tune.permalink import SLIDERS

SHOWN = 10
"""Characters whose probabilities are drawn."""

HOT_BITS = 6.0
_COLOURS = ["--st-gray-text-color", *(f"--st-chart-categorical-colors[{n}]" for n in range(5))]


def what_it_expects(checkpoint: Checkpoint) -> None:
    """A tune, the surprise of its characters, and one place of it."""
    _one_place(checkpoint, pick_subject(checkpoint))


@st.fragment
def _one_place(checkpoint: Checkpoint, subject: Subject) -> None:
    with show_errors():
        text = subject.text
        found = measured.expectation(checkpoint, text)
        place = pick_place(text, found.entropy.tolist())
        st.caption(
            _("Each character is coloured by its surprise: the bits that the network was short of. "
              "Click on one to see what else it expected there.")
        )  # fmt: skip
        clickable_text(
            text, amounts(found.surprise, _("{bits:g} bits of surprise").format(bits=HOT_BITS),
                          HOT_BITS),
            "inside_text_expect", _("The text of the tune, coloured by surprise"),
            TextLinks(place),
        )  # fmt: skip
        _along(found, place)
        _settings(checkpoint, text, place)


def _along(found: Expectation, place: int) -> None:
    live_chart(
        figures.along(
            found.text,
            [(_("entropy: how unsure it was"), found.entropy, figures.GREY),
             (_("surprise: what came"), found.surprise, figures.FIRST)],
            "expectation", (_("character of the text"), _("bits")), place,
        ),
        "inside_expectation", _("Entropy and surprise along the text"), 260,
    )  # fmt: skip
    st.caption(
        _("Where surprise is above entropy, something came that the network had not counted on. On "
          "average it needs {mean:.2f} bits a character here, and {share:.0%} of the characters "
          "were its first choice.").format(
              mean=float(np.mean(found.surprise)), share=float(np.mean(found.is_first)))
    )  # fmt: skip


def _settings(checkpoint: Checkpoint, text: str, place: int) -> None:
    """Sliders, and the distribution after each of the settings."""
    st.subheader(_("What the settings make of it"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        low, high = SLIDERS["temperature"]
        temperature = st.slider(
            _("Temperature"),
            low,
            high,
            SampleConfig().temperature,
            0.05,
            key="inside_expect_temperature",
            width=230,
        )
        top_k = st.slider(_("top-k"), 0, 30, 0, 1, key="inside_expect_top_k", width=200,
                          help=_("0 leaves all characters."))  # fmt: skip
        top_p = st.slider(_("top-p"), 0.05, 1.0, 1.0, 0.05, key="inside_expect_top_p", width=200,
                          help=_("1 leaves all characters."))  # fmt: skip
        has_grammar = st.toggle(_("Grammar"), True, key="inside_expect_grammar")
        has_critic = bool(checkpoint.critic) and st.toggle(
            _("Critic"), key="inside_expect_critic",
            help=_("Each likely character is written, the line is drawn to its end some times, and "
                   "the critic chooses among the lines as it does when composing. It takes a "
                   "second."),
        )  # fmt: skip
    config = SampleConfig(
        temperature=round(temperature, 2), top_k=top_k, top_p=round(top_p, 2), free=not has_grammar
    )
    try:
        stages = find_stages(checkpoint, config, text, place)
    except MusicgenError as error:  # a tune of others may break the rules before the place
        st.info(sentence(error), icon=":material/info:")
        config = config.replace(free=True)
        stages = find_stages(checkpoint, config, text, place)
    if has_critic:
        judged = measured.critic_stage(checkpoint, config, text, place, stages[-1])
        if judged:
            stages.append(judged)
        else:
            st.caption(_("There is nothing to choose for the critic here: one character is as good "
                         "as certain."))  # fmt: skip
    _draw(stages)
    first, last = stages[0], stages[-1]
    came = first.characters.index(text[place])
    st.markdown(
        _("**{place}** came: {before:.1%} by the network alone, {after:.1%} after all settings. "
          "The network wavers as if among {many:.1f} equally likely characters, in the end among "
          "{few:.1f} ({left} are possible).").format(
              place=place_name(text, place), before=first.probs[came], after=last.probs[came],
              many=count_choices(first.entropy), few=count_choices(last.entropy), left=last.count)
    )  # fmt: skip


def _draw(stages: list[Stage]) -> None:
    best = np.maximum.reduce([one.probs for one in stages])
    order = np.argsort(-best, kind="stable")[:SHOWN]
    shown = [int(one) for one in order if best[one] > 0]
    groups = [
        (translate(stage.label.template, stage.label.values), stage.probs[shown].tolist(), colour)
        for stage, colour in zip(stages, _COLOURS, strict=False)
    ]
    live_chart(
        figures.bars(
            [stages[0].characters[one] for one in shown], groups, "stages",
            (_("the likeliest next characters"), _("probability")), ".0%",
        ),
        "inside_stages", _("Probabilities of the next character after each setting"), 320,
    )  # fmt: skip
    st.caption(
        _("From left to right in each group: the network, then what the grammar, temperature, "
          "top-k, top-p and the critic leave of it, in the order in which they are applied.")
    )  # fmt: skip
