"""Play: one slider, one button, and a new tune.

``streamlit run app.py`` looks here for what it is to serve as well: Streamlit runs this file as
``__main__`` for each visitor, and imports it once, under its name, to find `app`.
"""

import streamlit as st

if __name__ == "__main__":
    from musicgen.ui.base.errors import show_errors
    from musicgen.ui.base.language import _
    from musicgen.ui.base.links import train_link
    from musicgen.ui.frame.page import language_picker, page
    from musicgen.ui.play.ahead import compose_ahead
    from musicgen.ui.play.beginning import beginning_editor
    from musicgen.ui.play.controls import controls, follow_link
    from musicgen.ui.play.favourites import favourites
    from musicgen.ui.play.live import follow_changes
    from musicgen.ui.play.temperature import follow_tune, temperature_view
    from musicgen.ui.play.temperature_comparison import temperature_comparison
    from musicgen.ui.play.tune_bar import render_ahead
    from musicgen.ui.play.tune_view import tune_on_screen
    from musicgen.ui.tune.models import Models, pick_model
    from musicgen.ui.tune.my_instrument import begin_with_instrument

    page(
        _("Play"), _("Choose how daring the network may be, and hear a tune nobody has played yet.")
    )

    models = Models()
    if models:
        begin_with_instrument()
        with show_errors():
            follow_link(models)
        pick_model(models)
        beginning = controls(models)
        temperature_view(models)
        follow_changes()
        with show_errors():
            tune_on_screen(models)
            temperature_comparison(models)
            favourites()
        with beginning:
            beginning_editor(models)
    else:
        with st.container(border=True, key="empty"):
            st.subheader(_("No model can play yet"), anchor=False)
            st.write(_("Train one: the small one makes recognisable tunes within ten seconds."))
            train_link()
    language_picker()
    follow_tune()
    render_ahead()
    compose_ahead(models)
else:
    from musicgen.ui.frame.browser_requests import keep_what_browsers_ask
    from musicgen.ui.frame.media_grace import keep_media_for_a_moment
    from musicgen.ui.frame.redrawn_parts import take_back_whole_parts
    from musicgen.ui.frame.run_endings import let_runs_end
    from musicgen.ui.frame.runs_in_turn import take_turns
    from musicgen.ui.frame.server import guards
    from musicgen.ui.frame.tidying import tidying
    from musicgen.ui.frame.timer_requests import let_timers_press_nothing
    from musicgen.ui.frame.whole_callbacks import keep_callbacks_whole
    from musicgen.ui.play.warming import warm_up

    let_runs_end()
    keep_what_browsers_ask()
    take_turns()
    let_timers_press_nothing()
    take_back_whole_parts()
    keep_callbacks_whole()
    keep_media_for_a_moment()
    warm_up()
    app = st.App(__file__, middleware=guards(), lifespan=tidying)
