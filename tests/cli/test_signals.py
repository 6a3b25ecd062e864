"""Long commands that are told to end keep what they have."""

import os
import signal

import pytest

from musicgen.cli.signals import asking_to_stop


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_to_stop_and_means_what_it_did_before_afterwards(number):
    before = signal.getsignal(number)
    asked = []
    with asking_to_stop(lambda: asked.append(number)):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    assert asked == [number, number]
    assert signal.getsignal(number) == before


def test_where_the_work_fails_signals_mean_what_they_did_as_well():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="no"), asking_to_stop(print):
        raise ValueError("no")
    assert signal.getsignal(signal.SIGTERM) == before
