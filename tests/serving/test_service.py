import io
import re
import threading
import wave
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicgen.config import Paths, SampleConfig
from musicgen.corpus.dataset import Dataset
from musicgen.errors import CompositionError, CorpusError
from musicgen.evaluation.novelty.comparison import build_index
from musicgen.models.checkpoint import load_checkpoint
from musicgen.rendering.files.formats import FORMATS
from musicgen.sampling.composer import compose
from musicgen.sampling.engine import build_engine
from musicgen.serving import models as serving_models
from musicgen.serving.app import Service, ServiceLimits, build_app
from musicgen.serving.batching import StepBatcher
from musicgen.serving.guard import MAX_BODY_BYTES, is_known_host
from tests.examples import make_tune
from tests.random_checkpoints import build_checkpoint
from tests.serving.calling import Answer, call, call_together
from tests.ui.tiny_model import write_tiny_model

ABC = (make_tune(3) + "\n").encode()


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    home = tmp_path_factory.mktemp("served")
    write_tiny_model(home / "runs" / "tiny" / "best")
    return Paths(home, home)


@pytest.fixture(scope="module")
def service(paths: Paths) -> Service:
    return Service(paths, "tiny")


@pytest.fixture(scope="module")
def app(service: Service) -> Any:
    return build_app(service, ("music.example.org",))


def said(answer: Answer, status: int) -> str:
    assert answer.status == status, answer.body
    sentence = answer.json["error"]
    assert sentence.endswith(".") or "/openapi.json" in sentence or "--allow-host" in sentence
    return sentence


def test_it_composes_what_the_composer_composes(app: Any, paths: Paths) -> None:
    answer = call(app, "POST", "/v1/compose", {"seed": 4, "count": 2, "temperature": 0.7})
    assert answer.status == 200
    checkpoint = load_checkpoint(paths.runs / "tiny" / "best")
    expected = compose(checkpoint, SampleConfig(seed=4, count=2, temperature=0.7))
    found = answer.json
    assert found["fingerprint"] == checkpoint.fingerprint
    assert [one["seed"] for one in found["tunes"]] == [4, 5]
    for ours, theirs in zip(expected, found["tunes"], strict=True):
        assert theirs["provenance"] in theirs["abc"]
        assert ours.public_tune.title == theirs["title"]
        assert theirs["characters"] == len(ours.abc)
        assert theirs["in_time"] is not None


@pytest.mark.parametrize("form", ["abc", "midi", "wav", "mp3", "musicxml"])
def test_a_tune_comes_in_every_format(app: Any, form: str) -> None:
    body = {"seed": 4, "format": form, "playback": {"transpose": 2, "instrument": "fiddle"}}
    answer = call(app, "POST", "/v1/compose", body)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith(FORMATS[form].mime)
    assert answer.headers["content-disposition"].endswith(f'.{FORMATS[form].suffix}"')
    rendered = call(app, "POST", f"/v1/render?format={form}&transpose=-3", ABC)
    assert rendered.status == 200, rendered.body
    if form == "midi":
        tracks = mido.MidiFile(file=io.BytesIO(rendered.body)).tracks
        assert any(message.type == "note_on" for track in tracks for message in track)
    if form == "wav":
        with wave.open(io.BytesIO(rendered.body)) as sound:
            assert sound.getnframes() > 10_000


def test_text_comes_as_it_is_written(app: Any) -> None:
    answer = call(app, "POST", "/v1/compose", {"seed": 4, "format": "text"})
    whole = call(app, "POST", "/v1/compose", {"seed": 4}).json["tunes"][0]
    assert answer.status == 200
    assert len(answer.pieces) > 2
    assert len(answer.body.decode()) == whole["characters"]
    wrong = call(app, "POST", "/v1/compose", {"format": "text", "prompt": "X:1\n§"})
    assert "never saw" in said(wrong, 422)


def test_checks_and_models(app: Any) -> None:
    found = call(app, "POST", "/v1/check", ABC).json
    assert found["summary"]["tunes"] == 1
    assert found["tunes"][0]["title"] == "Tune 3"
    assert "No tune was found" in said(call(app, "POST", "/v1/check", b"nothing"), 422)
    models = call(app, "GET", "/v1/models").json
    assert (models["default"], [one["name"] for one in models["models"]]) == ("tiny", ["tiny"])


def test_novelty(
    app: Any, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    index = build_index(list(dataset.tunes))
    monkeypatch.setattr(serving_models, "load_index", lambda *_: index)
    monkeypatch.setattr(serving_models, "training_sources_of", lambda _: ())
    found = call(app, "POST", "/v1/novelty", ABC).json
    assert found["tunes"][0]["known"] is True
    assert found["real"]["tunes"] == len(index.tunes)
    service.models._indices.clear()

    def gone(*_: object) -> None:
        raise CorpusError("The tunebook is not here.")

    monkeypatch.setattr(serving_models, "load_index", gone)
    assert "not here" in said(call(app, "POST", "/v1/novelty", ABC), 501)


def test_the_description_speaks_of_every_address_and_setting(app: Any) -> None:
    api = call(app, "GET", "/openapi.json").json
    assert api["openapi"].startswith("3.1")
    assert set(api["paths"]) == {
        "/v1/compose", "/v1/check", "/v1/render", "/v1/novelty", "/v1/models", "/health",
        "/metrics", "/openapi.json",
    }  # fmt: skip
    body = api["paths"]["/v1/compose"]["post"]["requestBody"]
    properties = body["content"]["application/json"]["schema"]["properties"]
    assert set(SampleConfig().to_dict()) <= set(properties)
    assert properties["count"]["maximum"] == 16
    page = call(app, "GET", "/")
    assert page.headers["content-type"].startswith("text/html")
    assert all(path in page.body.decode() for path in api["paths"])
    assert b"<script" not in page.body
    assert b"Semitones" in page.body and b"concertina" in page.body
    for path, methods in api["paths"].items():
        for method in methods:
            assert call(app, method.upper(), path, b"").status != 404
            other = "POST" if method == "get" else "GET"
            assert "GET or POST" in said(call(app, other, path), 405)


def test_metrics_count_what_happened(paths: Paths) -> None:
    app = build_app(Service(paths, "tiny"))
    call(app, "POST", "/v1/compose", {"count": 2})
    call(app, "POST", "/v1/check", b"nothing")
    call(app, "GET", "/somewhere/../else")
    text = call(app, "GET", "/metrics").body.decode()
    values = dict(re.findall(r"^([^#\s]+) ([\d.e+]+)$", text, re.MULTILINE))
    assert values['musicgen_requests_total{path="/v1/compose",status="200"}'] == "1"
    assert values['musicgen_requests_total{path="/v1/check",status="422"}'] == "1"
    assert values['musicgen_requests_total{path="other",status="404"}'] == "1"
    assert values["musicgen_tunes_total"] == "2"
    assert float(values["musicgen_characters_total"]) > 100
    assert float(values["musicgen_stepped_tunes_total"]) >= float(values["musicgen_steps_total"])
    assert values['musicgen_request_seconds_count{path="/v1/compose"}'] == "1"
    last = [v for k, v in values.items() if "bucket" in k and "compose" in k and "Inf" in k]
    assert last == ["1"]
    assert call(app, "GET", "/health").json == {"status": "ok", "composing": 0, "waiting": 0}


WRONG = [
    (b"{", 400), (b"[1]", 400), (b'{"seed": 1, "seed": 2}', 400), (b"\xff\xfe", 400),
    (b'{"seed": NaN}', 400), (b'{"sead": 1}', 422), (b'{"seed": "x"}', 422),
    (b'{"seed": -1}', 422), (b'{"count": 17}', 422), (b'{"count": 2, "format": "mp3"}', 422),
    (b'{"max_new_tokens": 9999}', 422), (b'{"model": "nobody"}', 422),
    (b'{"model": "../tiny"}', 422), (b'{"model": 3}', 422), (b'{"format": "exe"}', 422),
    (b'{"playback": 3}', 422), (b'{"playback": {"instrument": "saw"}}', 422),
    (b'{"playback": {"transpose": 99}}', 422), (b'{"key": "H major"}', 422),
    (b'{"precision": "int1"}', 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), WRONG, ids=str)
def test_what_cannot_be_is_a_sentence(app: Any, body: bytes, status: int) -> None:
    said(call(app, "POST", "/v1/compose", body), status)


def test_a_sentence_names_all_that_could_have_been_meant(app: Any) -> None:
    wrong = said(call(app, "POST", "/v1/compose", {"checkpoint": "tiny"}), 422)
    assert "model" in wrong and "format" in wrong and "playback" in wrong
    wrong = said(call(app, "POST", "/v1/compose", {"playback": {"instrument": "saw"}}), 422)
    assert "instrument saw." in wrong and "fiddle" in wrong and "lilt" not in wrong


def test_a_path_is_no_name_of_a_model(app: Any, paths: Paths) -> None:
    for name in (str(paths.runs / "tiny"), str(paths.runs / "tiny" / "best"), "."):
        sentence = said(call(app, "POST", "/v1/compose", {"model": name}), 422)
        assert "no checkpoint named" in sentence


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["seed", "count", "temperature", "key", "meter", "model", "format", "x"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers()),
        min_size=1,
    ),
    address=st.sampled_from(["/v1/compose", "/v1/check", "/v1/render?format=abc", "/v1/novelty"]),
)
def test_no_body_breaks_it(paths: Paths, body: bytes | dict[str, Any], address: str) -> None:
    app = build_app(Service(paths, "tiny", ServiceLimits(seconds=20)))
    answer = call(app, "POST", address, body)
    assert answer.status < 500 or answer.status == 501
    if answer.status >= 400:
        said(answer, answer.status)


def test_a_body_has_its_limit_whatever_is_said_of_its_length(app: Any) -> None:
    large = b"x" * (MAX_BODY_BYTES + 1)
    for more in ((), (("content-length", "7"),), (("content-length", str(len(large))),)):
        headers = (("host", "localhost"), *more)
        assert "larger" in said(call(app, "POST", "/v1/check", large, headers), 413)


@pytest.mark.parametrize(
    ("host", "is_known"),
    [("localhost", True), ("localhost:8600", True), ("127.0.0.1:8600", True), ("[::1]:80", True),
     ("a.localhost", True), ("music.example.org", True), ("evil.example.org", False), ("", False),
     ("localhost.evil.org", False), ("x@localhost", False), ("localhost/..", False)],
)  # fmt: skip
def test_only_its_own_names_are_answered(app: Any, host: str, is_known: bool) -> None:
    assert is_known_host(host, ("music.example.org",)) == is_known
    answer = call(app, "GET", "/health", b"", (("host", host),))
    assert answer.status == (200 if is_known else 403)


def test_pages_of_other_sites_are_refused(app: Any) -> None:
    def ask(origin: str) -> int:
        headers = (("host", "localhost:8600"), ("origin", origin))
        return call(app, "POST", "/v1/check", ABC, headers).status

    assert ask("http://localhost:8600") == 200
    assert ask("http://evil.example.org") == ask("null") == ask("http://localhost:8501") == 403


def test_requests_together_give_what_they_give_alone(app: Any) -> None:
    wanted = [
        ("POST", "/v1/compose", {"seed": seed, "temperature": 0.6 + seed / 20}) for seed in range(6)
    ]
    alone = [call(app, *one).json["tunes"][0] for one in wanted]
    together = call_together(app, *wanted)
    assert [one.json["tunes"][0] for one in together] == alone


def test_too_many_are_sent_away_and_the_others_served(paths: Paths) -> None:
    service = Service(paths, "tiny", ServiceLimits(composing=1, waiting=1))
    app = build_app(service)
    answers = call_together(app, *[("POST", "/v1/compose", {"seed": n}) for n in range(4)])
    assert sorted(one.status for one in answers) == [200, 200, 503, 503]
    crowded = next(one for one in answers if one.status == 503)
    assert "Too many" in crowded.json["error"]
    assert crowded.headers["retry-after"]
    assert call(app, "GET", "/health").json == {"status": "ok", "composing": 0, "waiting": 0}


def test_what_takes_too_long_ends(paths: Paths) -> None:
    app = build_app(Service(paths, "tiny", ServiceLimits(seconds=0.0)))
    for form in ("json", "text", "abc"):
        answer = call(app, "POST", "/v1/compose", {"format": form})
        assert "too long" in said(answer, 504)
    assert call(app, "GET", "/health").json["composing"] == 0


def test_steps_of_threads_are_one_step(tmp_path: Path, dataset: Dataset) -> None:
    checkpoint = build_checkpoint(tmp_path / "some", dataset, kind="echo", position=True)
    engine, ids = build_engine(checkpoint), np.arange(40) % 7
    batcher = StepBatcher(engine)
    start = threading.Barrier(4)
    found: dict[int, np.ndarray] = {}

    def run(number: int) -> None:
        state = batcher.init_state(1)
        with batcher.composing():
            start.wait()
            for one in ids:
                logits, state = batcher.step(np.array([one + number]), state)
        found[number] = logits

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert batcher.tunes == 160
    for number, logits in found.items():
        expected, _ = engine.read(ids + number)
        np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_an_error_of_a_step_reaches_whoever_asked() -> None:
    class Broken:
        def step(self, ids: object, state: object) -> None:
            raise CompositionError("It is broken.")

    batcher = StepBatcher(Broken())  # type: ignore[arg-type]
    with batcher.composing(), pytest.raises(CompositionError, match="broken"):
        batcher.step(np.zeros(1, np.int64), None)
