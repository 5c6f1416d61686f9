# MONAI's sliding_window_inference on one image in NumPy and float64, written from its documentation and rules, for
# sliding-window-parity.test.ts. JSON in, JSON out.
import itertools
import json
import sys

import numpy as np


def network(window):
    """Tells where in its window a voxel lies."""
    places = np.arange(window.size).reshape(window.shape) / window.size
    return np.sin(3 * window + places) + window.mean()


def importance(roi, mode, sigma_scale):
    weights = np.ones(roi)
    if mode == "gaussian":
        for axis, n in enumerate(roi):
            x = np.arange(-(n - 1) / 2, (n - 1) / 2 + 1)
            along = np.exp(-(x**2) / (2 * (sigma_scale * n) ** 2))
            weights = weights * along.reshape([-1 if a == axis else 1 for a in range(len(roi))])
    return np.maximum(weights, max(weights.min(), 1e-3))


def starts(side, roi, overlap):
    interval = roi if roi == side else max(int(roi * (1 - overlap)), 1)
    count = next(d for d in itertools.count() if d * interval + roi >= side) + 1
    return [d * interval - max(d * interval + roi - side, 0) for d in range(count)]


def infer(data, shape, roi, overlap, mode, sigmaScale):
    image = np.array(data).reshape(shape)
    missing = [max(r - s, 0) for r, s in zip(roi, shape)]
    padded = np.pad(image, [(m // 2, m - m // 2) for m in missing])
    weights = importance(roi, mode, sigmaScale)
    total, count = np.zeros(padded.shape), np.zeros(padded.shape)
    for corner in itertools.product(*(starts(s, r, overlap) for s, r in zip(padded.shape, roi))):
        place = tuple(slice(c, c + r) for c, r in zip(corner, roi))
        total[place] += weights * network(padded[place])
        count[place] += weights
    inside = tuple(slice(m // 2, m // 2 + s) for m, s in zip(missing, shape))
    return (total / count)[inside].ravel().tolist()


json.dump([infer(**question) for question in json.load(sys.stdin)], sys.stdout)
