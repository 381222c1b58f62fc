"""A stand-in for ONNX Runtime: as much of its interface as tools/embed_onnx.py uses."""

from types import SimpleNamespace

from token_states import states_of


class SessionOptions:
    intra_op_num_threads = 0


def get_available_providers():
    return ["CPUExecutionProvider"]


class InferenceSession:
    def __init__(self, path, options, providers):
        assert options.intra_op_num_threads > 0 and providers == ["CPUExecutionProvider"], providers
        with open(path, encoding="utf-8") as weights:
            assert weights.read().startswith("weights")

    def get_inputs(self):
        return [SimpleNamespace(name=name) for name in ("input_ids", "attention_mask", "token_type_ids")]

    def run(self, outputs, feeds):
        assert outputs is None and sorted(feeds) == ["attention_mask", "input_ids", "token_type_ids"], feeds
        assert all(str(value.dtype) == "int64" for value in feeds.values()), feeds
        print("a library that prints")
        return [states_of(feeds["input_ids"])]
