"""The protocol by which AkiDB speaks with an embedding program (docs/embeddings.md, "A program of your own").

One JSON object a line: requests on standard input, answers on standard output. Needs Python 3.9 and nothing else.
"""

import array
import base64
import json
import os
import sys
import traceback

VERSION = 1


class Refused(Exception):
    """Texts that the model does not take: {index: reason}."""

    def __init__(self, texts):
        super().__init__(f"{len(texts)} texts are refused")
        self.texts = texts


def serve(load):
    """Answers until standard input ends.

    load(model) gives an object with `dimension`, `max_tokens`, `fingerprint`, and `embed(texts, kind)`, which gives
    the vectors (anything that iterates over floats) and the number of tokens read, and where it knows, thirdly, the
    positions of the texts of which the model has not seen all; `kind` is "query" or "document".
    """
    answers = _own_output()
    hello = json.loads(sys.stdin.buffer.readline() or b"{}")
    if VERSION not in hello.get("versions", []):
        _say(answers, {"type": "error", "reason": f"speaks version {VERSION} of the protocol alone"})
        return 1
    name = hello["model"]
    try:
        model = load(name)
    except Exception as error:
        traceback.print_exc()
        _say(answers, {"type": "error", "reason": f"cannot load the model: {error}"})
        return 1
    _say(
        answers,
        {
            "type": "ready",
            "version": VERSION,
            "model": name,
            "dimension": model.dimension,
            "max_tokens": model.max_tokens,
            "fingerprint": model.fingerprint,
        },
    )
    for line in sys.stdin.buffer:
        _say(answers, _answer(model, json.loads(line)))
    return 0


def _answer(model, request):
    identity = request["id"]
    try:
        vectors, tokens, *truncated = model.embed(request["texts"], request["kind"])
        embeddings = [_base64(vector) for vector in vectors]
    except Refused as refused:
        texts = [{"index": index, "reason": reason} for index, reason in refused.texts.items()]
        return {"type": "error", "id": identity, "code": "invalid_argument", "texts": texts}
    except MemoryError:
        return {"type": "error", "id": identity, "code": "unavailable", "reason": "out of memory"}
    except Exception as error:
        traceback.print_exc()
        return {"type": "error", "id": identity, "code": "internal", "reason": f"{type(error).__name__}: {error}"}
    positions = list(truncated[0]) if truncated else []
    return {"type": "embeddings", "id": identity, "embeddings": embeddings, "tokens": tokens, "truncated": positions}


def _base64(vector):
    floats = array.array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode("ascii")


def _own_output():
    """Libraries that print would be taken for answers: from here on, what they print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)
    return answers


def _say(answers, message):
    answers.write(json.dumps(message) + "\n")
    answers.flush()
