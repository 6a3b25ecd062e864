"""``python -m bench.classroom``: a class of thirty on one server, without drawing anything.

Each pupil is a real session of the app (the form to sign in, the websocket of Streamlit, every
sound fetched once) in a process of its own threads. All sign in; each starts a training on Train,
every fifth one of three times the length; when all are under way each composes tunes on Play, with
pauses. At the end everything is checked: all trainings finished, equal shares of the machine while
all had work, nobody was sent a word of another's, nobody's folder changed but by its owner.

Prints what each part took, and exits with status 1 if something is not as it should be. A pause is
a fifth of what people make unless ``--pause 15`` says otherwise: it costs waiting, not work.
"""

import argparse
import http.client
import json
import os
import random
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect

from bench.browsing import Server, serving, told
from musicgen.classroom.limits import Limits
from musicgen.classroom.roster import ClassStore
from musicgen.config import Paths
from musicgen.training.runs.run import RunStore
from musicgen.watching import COMPOSE, RENDER, Watch, summarise

MIB = 2**20
PATIENCE_S = 600
GREEDY_EVERY, GREEDY = 5, 3
"""Every fifth pupil asks for three times as much."""

SHARE, MOST_MIB, TUNE_CPU_S = 0.10, 1536, 0.25
"""What is to be reached: shares equal within 10 %, 1.5 GB, a quarter of a second for a tune."""

_SOCKET = "/_stcore/stream"
_MEDIA = ("audio", "video")
_PRESET = "quick"


@dataclass
class Pupil:
    """A browser of one pupil, as far as the server can tell."""

    name: str
    code: str
    server: Server
    seconds: list[float] = field(default_factory=list)
    received: bytearray = field(default_factory=bytearray)
    cookie: str = ""

    @property
    def run(self) -> str:
        """The name of the training they start."""
        return f"net-of-{self.name}"

    def sign_in(self) -> float:
        """Sends the form; seconds it took."""
        host = urllib.parse.urlsplit(self.server.address).netloc
        body = urllib.parse.urlencode({"name": self.name, "code": self.code})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.server.address}
        start = time.monotonic()
        connection = http.client.HTTPConnection(host, timeout=PATIENCE_S)
        connection.request("POST", "/sign-in", body, kind)
        answer = connection.getresponse()
        if answer.status != 303:
            raise SystemExit(f"{self.name} was not let in: {answer.status}")
        self.cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        return time.monotonic() - start


class Page:
    """One page that is open: a session of the server."""

    def __init__(self, pupil: Pupil, name: str) -> None:
        self._pupil = pupil
        self._name = name
        self._open = ExitStack()
        self._widgets: dict[str, str] = {}
        address = pupil.server.address.replace("http", "ws", 1) + _SOCKET
        self._socket: ClientConnection = self._open.enter_context(
            connect(
                address, subprotocols=["streamlit"], max_size=200 * MIB,
                origin=pupil.server.address, additional_headers={"Cookie": pupil.cookie},
                open_timeout=PATIENCE_S, ping_timeout=None,
            )
        )  # fmt: skip

    def run(self, query: str = "", states: list[WidgetState] | None = None) -> int:
        """Draws the page; bytes of sound that came with it."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = self._name
        message.rerun_script.widget_states.widgets.extend(states or [])
        self._socket.send(message.SerializeToString())
        sounds: list[str] = []
        while True:
            data = self._socket.recv(timeout=PATIENCE_S)
            raw = data if isinstance(data, bytes) else data.encode()
            self._pupil.received += raw
            answer = ForwardMsg.FromString(raw)
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue  # it is drawn anew at once
                return sum(map(self._fetch, dict.fromkeys(sounds)))
            if answer.WhichOneof("type") == "delta":
                self._look(answer, sounds)

    def _look(self, answer: ForwardMsg, sounds: list[str]) -> None:
        element = answer.delta.new_element
        kind = element.WhichOneof("type")
        if kind in _MEDIA:
            sounds.append(getattr(element, kind).url)
        elif kind in ("button", "number_input", "text_input"):
            widget = getattr(element, kind)
            self._widgets[widget.id.split("-", 2)[-1]] = widget.id
            self._widgets[widget.label] = widget.id

    def _fetch(self, path: str) -> int:
        asked = urllib.request.Request(  # noqa: S310 - our own server
            self._pupil.server.address + path, headers={"Cookie": self._pupil.cookie}
        )
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
            return len(answer.read())

    def state(self, name: str, **value: object) -> WidgetState:
        """What a widget is to say, by its key or label."""
        return WidgetState(id=self._widgets[name], **value)

    def close(self) -> None:
        """Leaves the page."""
        self._open.close()


def main() -> int:
    """The whole class."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pupils", type=int, default=30)
    parser.add_argument("--steps", type=int, default=1200, help="of a training")
    parser.add_argument("--slice", type=int, default=2, help="seconds of a turn")
    parser.add_argument("--tunes", type=int, default=4, help="each composes")
    parser.add_argument("--pause", type=float, default=3.0, help="seconds between two tunes")
    parser.add_argument("--no-training", action="store_true")
    asked = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    wrong = 0
    with class_of(asked.pupils, asked.slice) as (pupils, server):
        process = psutil.Process(server.pid)
        peak = Peak(process)
        print(told("signing in", each(pupils, Pupil.sign_in), "pupils"))
        wrong += not strangers_are_kept_out(server, pupils[0])
        if not asked.no_training:
            wrong += not train(pupils, asked.steps, server, process)
        wrong += not compose(pupils, asked.tunes, asked.pause, server, process)
        wrong += not each_is_alone(pupils, server)
        peak.end()
        print(f"memory of the server: {peak.mib:.0f} MiB at most")
        wrong += peak.mib > MOST_MIB
    print("all as it should be" if not wrong else f"{wrong} parts are not as they should be")
    return min(1, wrong)


@contextmanager
def class_of(count: int, slice_s: int) -> Iterator[tuple[list[Pupil], Server]]:
    """A server with a class of that many, and its pupils."""
    os.environ["MUSICGEN_CLASS"] = "1"
    with serving() as server:
        store = ClassStore(Paths(Paths.default().project, server.home))
        store.create("bench", "Teacher")
        store.set_limits(Limits(slice_s=slice_s))
        made = store.add([f"pupil{number:02d}" for number in range(count)])
        yield [Pupil(one.member.name, one.code, server) for one in made], server


class Peak:
    """The most memory that a process had, looked at every half second."""

    def __init__(self, process: psutil.Process) -> None:
        self.mib = 0.0
        self._process = process
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._is_over.wait(0.5):
            self.mib = max(self.mib, self._process.memory_info().rss / MIB)

    def end(self) -> None:
        """Looks no longer."""
        self._is_over.set()
        self._thread.join()


def each(pupils: list[Pupil], does: Callable[[Pupil], float]) -> list[float]:
    """What all give who do something at once."""
    results: list[float] = []
    failures: list[BaseException] = []

    def do(pupil: Pupil) -> None:
        try:
            results.append(does(pupil))
        except BaseException as error:  # noqa: BLE001 - told below, by the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=do, args=(pupil,)) for pupil in pupils]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"{len(failures)} pupils failed, the first with: {failures[0]!r}")
    return results


def strangers_are_kept_out(server: Server, pupil: Pupil) -> bool:
    """Whether nobody gets in without a sign, or with one that was changed."""
    forged = Pupil("pupil01", "", server, cookie=pupil.cookie[:-3] + "AAA")
    for one in (Pupil("nobody", "", server), forged):
        try:
            Page(one, "").run()
        except Exception as error:  # noqa: BLE001 - whatever the library says of a closed door
            print(f"a stranger is kept out: {type(error).__name__}")
        else:
            return False
    return True


def train(pupils: list[Pupil], steps: int, server: Server, process: psutil.Process) -> bool:
    """Whether all trainings finish, with equal shares while all have work."""
    begun, used = time.monotonic(), cpu_s(process)
    number_of = {pupil.name: number for number, pupil in enumerate(pupils)}

    def start(pupil: Pupil) -> float:
        is_greedy = number_of[pupil.name] % GREEDY_EVERY == 0
        return start_training(pupil, steps * (GREEDY if is_greedy else 1))

    print(told("opening Train and starting a training", each(pupils, start), "pupils"))
    shares = watch_shares(pupils, server)
    mean = sum(shares.values()) / len(shares)
    apart = max(abs(one - mean) for one in shares.values()) / mean
    print(
        f"{len(pupils)} trainings, all finished in {time.monotonic() - begun:.0f} s with "
        f"{cpu_s(process) - used:.0f} s of processor time"
    )
    print(
        f"shares while all had work: {mean:.1f} s of steps each, {apart:.1%} from it at most "
        f"({min(shares.values()):.1f} to {max(shares.values()):.1f} s)"
    )
    return apart <= SHARE


def start_training(pupil: Pupil, steps: int) -> float:
    """Presses the button of Train; seconds until the page was drawn again."""
    start = time.monotonic()
    page = Page(pupil, "Train")
    page.run()
    page.run(
        states=[
            page.state(f"train_{_PRESET}_training_max_steps", int_value=steps),
            page.state("Name of the run", string_value=pupil.run),
            page.state("train_start", trigger_value=True),
        ]
    )
    page.close()
    return time.monotonic() - start


def watch_shares(pupils: list[Pupil], server: Server) -> dict[str, float]:
    """Seconds of steps that each had when the first was ready; waits until all are."""
    runs = {
        pupil.name: RunStore(server.home / "members" / pupil.name / "runs").root / pupil.run
        for pupil in pupils
    }
    shares: dict[str, float] = {}
    end = time.monotonic() + 20 * PATIENCE_S
    while True:
        states = {name: read_status(folder) for name, folder in runs.items()}
        if not shares and "finished" in states.values():
            shares = {name: stepped_s(folder) for name, folder in runs.items()}
        if all(state == "finished" for state in states.values()):
            return shares
        if "failed" in states.values() or time.monotonic() > end:
            raise SystemExit(f"Not all trainings came to their end: {states}")
        time.sleep(0.5)


def read_status(run: Path) -> str:
    """What a run says of itself; empty before it says anything."""
    try:
        return str(json.loads((run / "status.json").read_text(encoding="utf-8"))["status"])
    except (OSError, ValueError):
        return ""


def stepped_s(run: Path) -> float:
    """Seconds that the steps of a run took so far."""
    try:
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        return float(json.loads(lines[-1])["elapsed_s"])
    except (OSError, ValueError, IndexError):
        return 0.0


def compose(
    pupils: list[Pupil], tunes: int, pause_s: float, server: Server, process: psutil.Process
) -> bool:
    """Whether a tune costs no more than it may, when all compose with pauses."""
    warm = Page(pupils[0], "")  # what a server does once: torch, model, soundfont
    warm.run("model=house&seed=1")
    warm.close()
    time.sleep(5)
    used = cpu_s(process)
    begun_at = time.time()

    def play(pupil: Pupil) -> float:
        luck = random.Random(pupil.name)
        page = Page(pupil, "")
        for _ in range(tunes):
            time.sleep(luck.uniform(0, 2 * pause_s))
            start = time.monotonic()
            if not page.run(f"model=house&temperature=0.8&seed={luck.randrange(10**6)}"):
                raise SystemExit(f"{pupil.name} got no sound.")
            pupil.seconds.append(time.monotonic() - start)
        page.close()
        return 0.0

    each(pupils, play)
    cost = (cpu_s(process) - used) / (len(pupils) * tunes)
    seconds = [one for pupil in pupils for one in pupil.seconds]
    print(told(f"a tune, pauses of {pause_s:.0f} s, page and sound", seconds, "tunes"))
    for row in summarise(Watch(server.home / "waits").waits(begun_at)):
        if row.kind in (COMPOSE, RENDER):
            print(f"  {row.kind}: p50 {row.p50:.2f} s, p95 {row.p95:.2f} s ({row.count})")
    print(f"processor time of the server for a tune: {cost:.2f} s (wanted {TUNE_CPU_S})")
    return cost <= TUNE_CPU_S


def each_is_alone(pupils: list[Pupil], server: Server) -> bool:
    """Whether nobody was sent another's name, and each folder holds its owner's alone."""
    is_right = True
    for pupil in pupils:
        for page in ("Compare", "Train", "Corpus", "Classroom", "Server"):
            opened = Page(pupil, page)
            opened.run()
            opened.close()
        others = [one.name for one in pupils if one is not pupil]
        seen = [name for name in others if name.encode() in pupil.received]
        here = server.home / "members" / pupil.name / "runs"
        runs = sorted(path.name for path in here.iterdir()) if here.is_dir() else []
        strange = [name for name in runs if name not in (pupil.run, ".lock")]
        if seen or strange:
            print(f"{pupil.name} saw {seen}, and has {strange}")
            is_right = False
    print("nobody saw or changed what is another's" if is_right else "somebody saw another's")
    return is_right


def cpu_s(process: psutil.Process) -> float:
    """Processor time of a server and of what it has started."""
    times = [process.cpu_times()]
    for child in process.children(recursive=True):
        try:
            times.append(child.cpu_times())
        except psutil.Error:
            continue
    own = times[0]
    return sum(one.user + one.system for one in times) + own.children_user + own.children_system


if __name__ == "__main__":
    sys.exit(main())
