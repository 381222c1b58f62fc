"""An embedding model with MLX, on the GPU of Apple silicon, for AkiDB's provider `subprocess`.

    pip install mlx-embeddings
    python3 embed_mlx.py /models/bge-small-en-v1.5
"""

import argparse
import sys

import mlx.core as mx
from mlx_embeddings.utils import load
from tokenizers import Tokenizer

import akidb_embedding
from model_folder import ModelFolder, add_options, truncated


class MlxModel:
    def __init__(self, folder):
        self.model, _ = load(str(folder.path))
        self.tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        self.tokenizer.enable_truncation(folder.max_tokens)
        self.tokenizer.no_padding()
        self.folder = folder
        self.max_tokens = folder.max_tokens
        files = [*folder.path.glob("*.safetensors"), folder.path / "config.json", folder.path / "tokenizer.json"]
        self.fingerprint = folder.fingerprint(files)
        self.dimension = len(self.embed(["dimension"], "document")[0][0])

    def embed(self, texts, kind):
        prefix = self.folder.prefixes[kind]
        encodings = self.tokenizer.encode_batch([prefix + text for text in texts])
        lengths = [max(1, len(encoding.ids)) for encoding in encodings]
        longest = max(lengths)
        ids = mx.array([encoding.ids + [0] * (longest - len(encoding.ids)) for encoding in encodings])
        mask = mx.array([[1] * length + [0] * (longest - length) for length in lengths])
        states = self.model(ids, attention_mask=mask).last_hidden_state.astype(mx.float32)
        return self._pooled(states, mask, lengths).tolist(), sum(lengths), truncated(encodings)

    def _pooled(self, states, mask, lengths):
        if self.folder.pooling == "cls":
            return states[:, 0]
        if self.folder.pooling == "last":
            return states[mx.arange(len(lengths)), mx.array([length - 1 for length in lengths])]
        weights = mask[:, :, None].astype(mx.float32)
        return (states * weights).sum(axis=1) / weights.sum(axis=1)


def main():
    parser = argparse.ArgumentParser(description="Embeds texts for AkiDB with MLX")
    add_options(parser)
    options = parser.parse_args()
    return akidb_embedding.serve(lambda name: MlxModel(ModelFolder(options.folder, name, options)))


if __name__ == "__main__":
    sys.exit(main())
