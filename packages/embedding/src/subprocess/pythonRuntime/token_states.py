"""What stands for a model in tests: 24 small whole numbers for each token, from its id alone, so that sums are exact."""

import numpy as np

DIMENSION = 24


def states_of(ids):
    steps = np.arange(1, DIMENSION + 1, dtype=np.int64)
    return ((np.asarray(ids, dtype=np.int64)[:, :, None] * steps) % 17 - 8).astype(np.float32)
