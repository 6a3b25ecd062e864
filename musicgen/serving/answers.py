"""Answers: JSON that no number or text can break, and errors as one sentence."""

import json
from typing import TYPE_CHECKING, Any

from musicgen.safe_text import escape_json

if TYPE_CHECKING:
    from starlette.responses import Response


def json_answer(value: Any, status: int = 200) -> "Response":
    """A value as JSON."""
    from starlette.responses import Response

    text = escape_json(json.dumps(value, ensure_ascii=False, allow_nan=False))
    return Response(text.encode("utf-8"), status, media_type="application/json")


def error_answer(status: int, sentence: str) -> "Response":
    """An error: its sentence under ``error``."""
    answer = json_answer({"error": sentence}, status)
    if status in (429, 503):
        answer.headers["retry-after"] = "2"
    return answer
