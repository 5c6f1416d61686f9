"""Distortions and histograms in float64, as their sources define them: reads jobs, writes results (JSON)."""

import json
import sys

import numpy as np


def warped(image, ys, xs):
    from scipy.ndimage import map_coordinates

    # SciPy's mirror is `reflect` here.
    return map_coordinates(image, np.stack([ys, xs]), order=1, mode="mirror")


def grid_lines(side, stretches):
    """Albumentations' GridDistortion along one axis; the last cell ends at the border."""
    cell = max(1, side // (len(stretches) - 1))
    lines, shown = [], 0.0
    for i, stretch in enumerate(stretches):
        start, end = i * cell, (i + 1) * cell
        following = shown + cell * stretch
        if end > side or i + 1 == len(stretches):
            end = following = side
        lines.append(np.linspace(shown, following, max(0, end - start)))
        shown = following
    return np.concatenate(lines)


def grid_distortion(image, down, across):
    ys, xs = grid_lines(image.shape[0], down), grid_lines(image.shape[1], across)
    return warped(image, *np.meshgrid(ys, xs, indexing="ij"))


def optical_distortion(image, k, shift):
    height, width = image.shape
    fx, fy, cx, cy = width, height, (width - 1) / 2 + shift[1], (height - 1) / 2 + shift[0]
    y, x = np.mgrid[:height, :width].astype(float)
    u, v = (x - cx) / fx, (y - cy) / fy
    r2 = u**2 + v**2
    radial = 1 + k * r2 + k * r2**2
    return warped(image, fy * v * radial + cy, fx * u * radial + cx)


def optical_distortion_opencv(image, k, shift):
    import cv2

    height, width = image.shape
    cx, cy = (width - 1) / 2 + shift[1], (height - 1) / 2 + shift[0]
    camera = np.array([[width, 0, cx], [0, height, cy], [0, 0, 1]])
    lens = np.array([k, k, 0, 0, 0])
    x, y = cv2.initUndistortRectifyMap(camera, lens, None, camera, (width, height), cv2.CV_32FC1)
    return warped(image, y, x)


def bins_of(image, bins, low, high):
    inner = np.linspace(low, high, bins + 1)[1:-1]
    return np.searchsorted(inner, image, side="right")


def equalize(image, bins, low, high):
    index = bins_of(image, bins, low, high)
    cdf = np.bincount(index.ravel(), minlength=bins).cumsum()
    least = cdf[cdf > 0][0]
    return low + (high - low) * ((cdf - least) / (cdf[-1] - least))[index]


def equalize_opencv(image):
    import cv2

    return cv2.equalizeHist(np.rint(image * 255).astype(np.uint8)) / 255


def clahe(image, tiles, bins, clipLimit):
    """Zuiderveld's: clipped histograms of tiles, bilinear between the tiles' centres."""
    height, width = image.shape
    rows, columns = min(height, tiles), min(width, tiles)
    index = bins_of(image, bins, 0, 1)
    row_of, column_of = np.arange(height) * rows // height, np.arange(width) * columns // width
    tables = np.zeros((rows, columns, bins))
    for r in range(rows):
        for c in range(columns):
            tile = index[row_of == r][:, column_of == c]
            counts = np.bincount(tile.ravel(), minlength=bins).astype(float)
            limit = max(1, clipLimit * tile.size / bins)
            clipped = np.minimum(counts, limit)
            clipped += (counts - np.minimum(counts, limit)).sum() / bins
            tables[r, c] = np.minimum(1, clipped.cumsum() / tile.size)

    def between(side, count):
        centres = (np.arange(count) + 0.5) * side / count - 0.5
        place = np.interp(np.arange(side), centres, np.arange(count))
        first = np.minimum(place.astype(int), max(0, count - 2))
        return first, np.minimum(first + 1, count - 1), place - first

    (top, below, fy), (left, right, fx) = between(height, rows), between(width, columns)
    y, x = np.ix_(range(height), range(width))
    fy, fx = fy[y], fx[x]
    upper = (1 - fx) * tables[top[y], left[x], index] + fx * tables[top[y], right[x], index]
    lower = (1 - fx) * tables[below[y], left[x], index] + fx * tables[below[y], right[x], index]
    return (1 - fy) * upper + fy * lower


def clahe_opencv(image, tiles, clipLimit):
    import cv2

    grey = np.rint(image * 255).astype(np.uint8)
    return cv2.createCLAHE(clipLimit, (tiles, tiles)).apply(grey) / 255


def match(image, landmarks):
    own = np.percentile(image, np.linspace(0, 100, len(landmarks)))
    return np.interp(image, own, landmarks)


def match_skimage(image, reference):
    from skimage.exposure import match_histograms

    return match_histograms(image, np.array(reference).reshape(image.shape))


def bias_field(image, order, coefficients):
    """TorchIO's: a polynomial of this degree over [-1, 1]; terms by powers of z, then y, then x."""
    axes = [np.linspace(-1, 1, side) if side > 1 else np.zeros(1) for side in image.shape]
    axes = [np.zeros(1)] * (3 - image.ndim) + axes
    powers = [range(order + 1) if len(axis) > 1 else range(1) for axis in axes]
    terms = [(i, j, k) for i in powers[0] for j in powers[1] for k in powers[2] if i + j + k <= order]
    assert len(terms) == len(coefficients)
    grid = np.zeros((order + 1,) * 3)
    for term, coefficient in zip(terms, coefficients):
        grid[term] = coefficient
    field = np.polynomial.polynomial.polygrid3d(*axes, grid)
    return image * np.exp(field).reshape(image.shape)


results = []
for job in json.load(sys.stdin):
    image = np.array(job["image"]).reshape(job["shape"])
    results.append(globals()[job["name"]](image, **job["options"]).ravel().tolist())
json.dump(results, sys.stdout)
