"""What a part of a page is about to draw again is not sent as it was drawn before.

When a part (`st.fragment`) runs again, Streamlit takes back what that part drew and the browser has
not been sent yet; but not what parts inside it drew, nor what it sends as a mere reference, because
the browser knows it already. On a busy machine these then came first, for places that the page did
not have yet ("Bad delta path index"), and the page stood still for good. So did what stands behind
a part whose block was taken back. A part draws in a block of its own: what waits for a place inside
goes, and the block stays.
"""

import functools
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

Place = tuple[int, ...]
"""Where something stands on a page: numbers from the outermost block inwards."""

_blocks: "WeakKeyDictionary[ForwardMsgQueue, dict[str, Place]]" = WeakKeyDictionary()
"""Of each session's queue: where the block of each part stands, by the part's id."""


def take_back_whole_parts() -> None:
    """Lets parts that run again take back all that they drew; in this process, once and for all."""
    if not hasattr(ForwardMsgQueue.enqueue, "__wrapped__"):
        ForwardMsgQueue.enqueue = note_blocks(ForwardMsgQueue.enqueue)  # type: ignore[method-assign]
        ForwardMsgQueue.clear = clear_blocks(ForwardMsgQueue.clear)  # type: ignore[method-assign]


def note_blocks(enqueue: Callable[..., None]) -> Callable[..., None]:
    """`ForwardMsgQueue.enqueue` that remembers the first block that each part opens."""

    @functools.wraps(enqueue)
    def enqueue_and_note(queue: ForwardMsgQueue, message: ForwardMsg) -> None:
        delta = message.delta
        if message.HasField("delta") and delta.fragment_id and delta.HasField("add_block"):
            _blocks.setdefault(queue, {}).setdefault(delta.fragment_id, _place(message))
        enqueue(queue, message)

    return enqueue_and_note


def clear_blocks(clear: Callable[..., None]) -> Callable[..., None]:
    """`ForwardMsgQueue.clear` after which nothing waits for the blocks of parts that run again."""

    @functools.wraps(clear)
    def clear_wholly(
        queue: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: Sequence[str] | None = None,
    ) -> None:
        waiting = queue._queue
        clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        if not retain_lifecycle_msgs:  # all was sent: the page stays
            return
        if fragment_ids_this_run is None:  # the whole page is drawn again
            _blocks.pop(queue, None)
            return
        known = _blocks.get(queue, {})
        blocks = [known[one] for one in fragment_ids_this_run if one in known]
        left = {id(one) for one in queue._queue}
        queue._queue = [one for one in waiting if _stays(one, blocks, id(one) in left)]
        for part in [one for one, place in known.items() if _is_inside(place, blocks)]:
            del known[part]  # it may be drawn elsewhere now

    return clear_wholly


def _stays(message: ForwardMsg, blocks: Sequence[Place], is_left: bool) -> bool:
    """Whether a message is sent: of parts that run again their blocks alone, for what follows."""
    if not (message.HasField("delta") or message.HasField("ref_hash")):
        return is_left
    place = _place(message)
    if place in blocks:
        return message.delta.HasField("add_block")
    return is_left and not _is_inside(place, blocks)


def _is_inside(place: Place, blocks: Sequence[Place]) -> bool:
    return any(len(place) > len(block) and place[: len(block)] == block for block in blocks)


def _place(message: ForwardMsg) -> Place:
    return tuple(message.metadata.delta_path)
