"""A stand-in for the tokenizers of Hugging Face: a token for each word, between two that every text has."""

from types import SimpleNamespace
from zlib import crc32


class Tokenizer:
    @staticmethod
    def from_file(path):
        with open(path, encoding="utf-8"):
            return Tokenizer()

    def enable_truncation(self, max_length):
        self.max_length = max_length

    def no_padding(self):
        self.padded = False

    def encode_batch(self, texts):
        assert self.padded is False
        return [self._encoding(text) for text in texts]

    def _encoding(self, text):
        words = [crc32(word.encode()) % 30_000 + 3 for word in text.split()]
        room = self.max_length - 2
        rest = [words[start : start + room] for start in range(room, len(words), room)]
        return SimpleNamespace(ids=[1, *words[:room], 2], overflowing=rest)
