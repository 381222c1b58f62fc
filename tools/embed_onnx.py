"""An embedding model with ONNX Runtime, on the CPU, CUDA or CoreML, for AkiDB's provider `subprocess`.

    pip install onnxruntime tokenizers        (onnxruntime-gpu for CUDA)
    python3 embed_onnx.py /models/bge-small-en-v1.5 --device coreml
"""

import argparse
import os
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

import akidb_embedding
from model_folder import ModelFolder, add_options, truncated

PROVIDERS = {"cuda": "CUDAExecutionProvider", "coreml": "CoreMLExecutionProvider", "cpu": "CPUExecutionProvider"}


class OnnxModel:
    def __init__(self, folder, options):
        weights = self._weights(folder.path, options.file)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        self.session = onnxruntime.InferenceSession(str(weights), settings, providers=providers(options.device))
        self.inputs = [each.name for each in self.session.get_inputs()]
        self.tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        self.tokenizer.enable_truncation(folder.max_tokens)
        self.tokenizer.no_padding()
        self.folder = folder
        self.max_tokens = folder.max_tokens
        outside = [weights.with_name(weights.name + end) for end in ("_data", ".data")]
        files = [weights, folder.path / "tokenizer.json", *(file for file in outside if file.is_file())]
        self.fingerprint = folder.fingerprint(files)
        self.dimension = len(self.embed(["dimension"], "document")[0][0])

    def embed(self, texts, kind):
        prefix = self.folder.prefixes[kind]
        encodings = self.tokenizer.encode_batch([prefix + text for text in texts])
        length = max(1, max(len(encoding.ids) for encoding in encodings))
        ids = np.zeros((len(texts), length), dtype=np.int64)
        mask = np.zeros((len(texts), length), dtype=np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        known = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(ids),
            "position_ids": np.broadcast_to(np.arange(length, dtype=np.int64), ids.shape).copy(),
        }
        output = self.session.run(None, {name: known[name] for name in self.inputs})[0]
        return self._pooled(output, mask), int(mask.sum()), truncated(encodings)

    def _pooled(self, output, mask):
        """A model that pools by itself has a row for each text already."""
        output = np.asarray(output, dtype=np.float32)
        if output.ndim == 2:
            return output
        if self.folder.pooling == "cls":
            return output[:, 0]
        if self.folder.pooling == "last":
            return output[np.arange(len(output)), np.maximum(mask.sum(axis=1) - 1, 0)]
        weights = mask[:, :, None].astype(np.float32)
        return (output * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)

    @staticmethod
    def _weights(path, file):
        for name in [file] if file else ["onnx/model.onnx", "model.onnx"]:
            if (path / name).is_file():
                return path / name
        raise FileNotFoundError(f"there is no {file or 'model.onnx'} in the folder")


def providers(device):
    """CPU last, for what the device does not have."""
    available = onnxruntime.get_available_providers()
    if device == "auto":
        return [name for name in PROVIDERS.values() if name in available]
    if PROVIDERS[device] not in available:
        raise ValueError(f"this build of ONNX Runtime cannot use {device}; it has: {', '.join(available)}")
    return list(dict.fromkeys([PROVIDERS[device], PROVIDERS["cpu"]]))


def main():
    parser = argparse.ArgumentParser(description="Embeds texts for AkiDB with ONNX Runtime")
    add_options(parser)
    parser.add_argument("--device", choices=["auto", *PROVIDERS], default="auto")
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="of the CPU")
    parser.add_argument("--file", help="weights in the folder (default: onnx/model.onnx, or model.onnx)")
    options = parser.parse_args()
    return akidb_embedding.serve(lambda name: OnnxModel(ModelFolder(options.folder, name, options), options))


if __name__ == "__main__":
    sys.exit(main())
