"""The handwritten digits that scikit-learn ships, split as the embedded models use them."""

import numpy as np
from sklearn.datasets import load_digits


def load():
    """Returns (train images, train labels, held-out images, held-out labels).

    Images are f32 [n, 1, 8, 8] in 0 ... 1, labels int64 [n]. Every third image is held
    out: a fixed third that no training script ever sees.
    """
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)[:, None]
    labels = digits.target.astype(np.int64)
    held_out = np.arange(len(labels)) % 3 == 2
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]
