# Answers of scikit-learn, SciPy and NumPy, for metric-parity.test.ts. JSON in, JSON out.
import json
import sys
import warnings

import numpy as np
from scipy import ndimage, special, stats
from sklearn import metrics

warnings.simplefilter("ignore")
questions = json.load(sys.stdin)


def ranking(scores, truth, threshold):
    called = np.array(scores) >= threshold
    tn, fp, fn, tp = metrics.confusion_matrix(truth, called, labels=[0, 1]).ravel()
    fpr, tpr, thresholds = metrics.roc_curve(truth, scores, drop_intermediate=False)
    best = int(np.argmax(np.round(tpr - fpr, 12)))
    return {
        "auroc": metrics.roc_auc_score(truth, scores),
        "averagePrecision": metrics.average_precision_score(truth, scores),
        "confusion": [int(tp), int(fp), int(tn), int(fn)],
        "f1": metrics.f1_score(truth, called),
        # The first threshold stands for "none is positive".
        "youden": None if best == 0 else float(thresholds[best]),
    }


def segmentation(prediction, truth, spacing):
    p, t = np.array(prediction), np.array(truth)
    edges = [m ^ ndimage.binary_erosion(m) for m in (p == 1, t == 1)]
    to_truth, to_prediction = (
        ndimage.distance_transform_edt(~edges[i], sampling=spacing)[edges[1 - i]] for i in (1, 0)
    )
    return {
        "dice": metrics.f1_score(t.ravel(), p.ravel()),
        "iou": metrics.jaccard_score(t.ravel(), p.ravel()),
        "transform": ndimage.distance_transform_edt(t == 0, sampling=spacing).ravel().tolist(),
        "hausdorff": max(to_truth.max(), to_prediction.max()),
        "hausdorff95": max(np.percentile(d, 95) for d in (to_truth, to_prediction)),
        "average": np.concatenate([to_truth, to_prediction]).mean(),
        "faces": ndimage.label(p)[0].ravel().tolist(),
        "corners": ndimage.label(p, np.ones([3] * p.ndim))[0].ravel().tolist(),
    }


def samples(a, b):
    degrees = len(a) + len(b) - 2
    shrink = np.exp(special.gammaln(degrees / 2) - special.gammaln((degrees - 1) / 2))
    pooled = (np.var(a, ddof=1) * (len(a) - 1) + np.var(b, ddof=1) * (len(b) - 1)) / degrees
    return {
        "student": list(stats.ttest_ind(a, b)),
        "welch": list(stats.ttest_ind(a, b, equal_var=False)),
        "meanAndStd": [np.mean(a), np.std(a, ddof=1)],
        "hedgesG": shrink / np.sqrt(degrees / 2) * (np.mean(a) - np.mean(b)) / np.sqrt(pooled),
    }


def interval(values, method):
    found = stats.bootstrap((values,), np.mean, n_resamples=9999, method=method, random_state=0)
    ends = found.confidence_interval
    return {"ends": [ends.low, ends.high], "resamples": np.sort(found.bootstrap_distribution)}


def one_class(scores, truth):
    """Before scikit-learn 1.6 an error, since then NaN."""
    try:
        return str(metrics.roc_auc_score(truth, scores))
    except ValueError as error:
        return str(error)


def normal(x):
    # Φ(x) rounds to 1 beyond 8.3, whose quantile is ∞, which JSON can't say.
    return [stats.norm.cdf(x), stats.norm.ppf(stats.norm.cdf(x)) if abs(x) < 5 else None]


json.dump(
    {
        "ranking": [ranking(**q) for q in questions["ranking"]],
        "brier": [metrics.brier_score_loss(q["truth"], q["scores"]) for q in questions["ranking"]],
        "segmentation": [segmentation(**q) for q in questions["segmentation"]],
        "samples": [samples(**q) for q in questions["samples"]],
        "normal": [normal(x) for x in questions["normal"]],
        "interval": [interval(questions["interval"], m) for m in ("percentile", "BCa")],
        "oneClass": one_class([0.1, 0.2], [1, 1]),
        "emptyMasks": metrics.f1_score([0, 0], [0, 0]),
    },
    sys.stdout,
    default=lambda value: value.tolist(),
    allow_nan=False,
)
