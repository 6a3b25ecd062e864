"""Parts of a page that are drawn again before all of them was sent."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from musicgen.ui.frame.redrawn_parts import clear_blocks, note_blocks, take_back_whole_parts


class Queue(ForwardMsgQueue):
    enqueue = note_blocks(ForwardMsgQueue.enqueue)
    clear = clear_blocks(ForwardMsgQueue.clear)


def block(*place, part=""):
    message = ForwardMsg()
    message.metadata.delta_path[:] = place
    message.delta.fragment_id = part
    message.delta.add_block.SetInParent()
    return message


def words(*place, part="", text="words"):
    message = ForwardMsg()
    message.metadata.delta_path[:] = place
    message.delta.fragment_id = part
    message.delta.new_element.markdown.body = text
    return message


def known(*place):
    """An element that the browser has already: nothing says which part it belongs to."""
    message = ForwardMsg(ref_hash="an element")
    message.metadata.delta_path[:] = place
    return message


def toast(part):
    message = ForwardMsg()
    message.metadata.delta_path[:] = [2, 0]
    message.delta.fragment_id = part
    message.delta.new_element.toast.body = "Kept"
    return message


def drawn(later_words="as before"):
    """A part at place 2 of the page, one inside it, and another part behind both."""
    return [
        block(0, 2, part="outer"),
        known(0, 2, 0),
        words(0, 2, 1, part="outer"),
        block(0, 2, 2, part="outer"),
        known(0, 2, 2, 0),
        block(0, 2, 3, part="inner"),
        words(0, 2, 3, 0, part="inner", text=later_words),
    ]


def page():
    started = ForwardMsg()
    started.new_session.name = "the first run"
    return [
        started,
        words(0, 0),
        known(0, 1),
        *drawn(),
        block(0, 3, part="other"),
        words(0, 3, 0, part="other"),
        words(0, 4),
    ]


class Browser:
    """The tree of a page, which has to grow as Streamlit's own does: no place may be left out."""

    def __init__(self):
        self.root = [[]]

    def take(self, messages):
        for message in messages:
            if not (message.HasField("delta") or message.HasField("ref_hash")):
                continue
            *way, last = message.metadata.delta_path
            here = self.root
            for index in way:
                here = here[index]
            assert last <= len(here), f"Bad delta path index {last} of {[*way, last]}"
            here[last:] = [
                [] if message.delta.HasField("add_block") else message,
                *here[last + 1 :],
            ]


@pytest.mark.parametrize("sent", range(len(page()) + 1))
def test_the_browser_gets_no_place_that_it_has_not(sent):
    """However much of a page was sent when a part of it runs again."""
    queue, browser = Queue(), Browser()
    for number, message in enumerate(page(), 1):
        queue.enqueue(message)
        if number == sent:
            browser.take(queue.flush())
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    for message in drawn("anew"):
        queue.enqueue(message)
    browser.take(queue.flush())
    top = browser.root[0]
    assert top[2][3][0].delta.new_element.markdown.body == "anew"
    assert len(top) == 5 and len(top[3]) == 1


def test_streamlit_itself_sends_such_places():
    """Once it does not, this can go."""
    queue = ForwardMsgQueue()
    clear = getattr(ForwardMsgQueue.clear, "__wrapped__", ForwardMsgQueue.clear)
    for message in page():
        queue.enqueue(message)
    clear(queue, True, ["outer"])
    with pytest.raises((AssertionError, IndexError)):
        Browser().take(queue._queue)


def test_other_parts_keep_what_they_drew():
    queue = Queue()
    for message in [*page(), toast("outer")]:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["inner"])
    places = [tuple(one.metadata.delta_path) for one in queue.flush()]
    whole = [tuple(one.metadata.delta_path) for one in [*page(), toast("outer")]]
    assert places == [one for one in whole if one != (0, 2, 3, 0)]


def test_a_part_that_has_moved_is_found_where_it_is():
    queue = Queue()
    for message in page():
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    for message in (words(0, 0), block(0, 1, part="outer"), known(0, 1, 0), known(0, 2)):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    kept = [tuple(one.metadata.delta_path) for one in queue.flush()]
    assert kept[-3:] == [(0, 0), (0, 1), (0, 2)]


def test_a_part_inside_that_has_moved_is_found_where_it_is():
    queue = Queue()
    for message in page():
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["outer"])
    moved = [block(0, 2, part="outer"), block(0, 2, 0, part="inner"), known(0, 2, 0, 0)]
    for message in [*moved, known(0, 2, 1)]:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["inner"])
    kept = [tuple(one.metadata.delta_path) for one in queue.flush()]
    assert kept[-3:] == [(0, 2), (0, 2, 0), (0, 2, 1)]


def test_it_is_done_once(monkeypatch):
    for name in ("enqueue", "clear"):
        plain = getattr(ForwardMsgQueue, name)
        monkeypatch.setattr(ForwardMsgQueue, name, getattr(plain, "__wrapped__", plain))
    take_back_whole_parts()
    done = ForwardMsgQueue.enqueue, ForwardMsgQueue.clear
    take_back_whole_parts()
    assert (ForwardMsgQueue.enqueue, ForwardMsgQueue.clear) == done
