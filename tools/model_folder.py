"""What a folder laid out as on the Hugging Face hub says about a model, beside its weights."""

import hashlib
import json
from pathlib import Path


class ModelFolder:
    """Settings of sentence-transformers where the folder has them; else mean pooling, and no prefixes."""

    def __init__(self, path, name, options):
        self.path = Path(path)
        found = self.path.resolve().name
        if found != name:
            raise ValueError(f"the folder is of the model {found!r}, not of {name!r} (embedding.model)")
        self.max_tokens = options.max_tokens or self._max_tokens()
        self.pooling = options.pooling or self._pooling()
        self.prefixes = self._prefixes(options)

    def fingerprint(self, files):
        """Of weights, tokenizer and settings: what changes a vector changes it."""
        digest = hashlib.sha256()
        settings = [self.max_tokens, self.pooling, self.prefixes]
        digest.update(json.dumps(settings, sort_keys=True).encode())
        for file in sorted(files):
            digest.update(b"\0" + file.name.encode() + b"\0")
            with open(file, "rb") as content:
                while chunk := content.read(1 << 20):
                    digest.update(chunk)
        return f"sha256:{digest.hexdigest()}"

    def _json(self, name):
        file = self.path / name
        return json.loads(file.read_text("utf-8")) if file.is_file() else {}

    def _max_tokens(self):
        told = [
            self._json("sentence_bert_config.json").get("max_seq_length"),
            self._json("config.json").get("max_position_embeddings"),
        ]
        return next((tokens for tokens in told if isinstance(tokens, int) and tokens > 0), 512)

    def _pooling(self):
        config = self._json("1_Pooling/config.json")
        if config.get("pooling_mode_cls_token"):
            return "cls"
        return "last" if config.get("pooling_mode_lasttoken") else "mean"

    def _prefixes(self, options):
        prompts = self._json("config_sentence_transformers.json").get("prompts") or {}
        documents = [prompts[key] for key in ("document", "passage") if key in prompts]
        return {
            "query": prompts.get("query", "") if options.query_prefix is None else options.query_prefix,
            "document": (documents or [""])[0] if options.document_prefix is None else options.document_prefix,
        }


def truncated(encodings):
    """Positions of the texts of which the model does not see all."""
    return [position for position, encoding in enumerate(encodings) if encoding.overflowing]


def add_options(parser):
    parser.add_argument("folder", help="folder of the model; its name is embedding.model")
    parser.add_argument("--max-tokens", type=int, help="cut texts here (default: what the folder says, or 512)")
    parser.add_argument("--pooling", choices=["mean", "cls", "last"], help="default: what the folder says, or mean")
    parser.add_argument("--query-prefix", help="words before each query (default: what the folder says)")
    parser.add_argument("--document-prefix", help="words before each document (default: what the folder says)")
