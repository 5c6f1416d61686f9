# Answers of scikit-learn, for scikit-learn.test.ts. JSON in, JSON out.
import json
import sys
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

# The penalty is L2 in every version; how to ask for it has changed, so it is left at the default.
warnings.simplefilter("ignore")
questions = json.load(sys.stdin)


def fit(features, labels, c):
    x = StandardScaler().fit_transform(np.array(features, dtype=np.float64))
    model = LogisticRegression(C=c, tol=1e-10, max_iter=20000).fit(x, labels)
    return {
        "coefficients": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "probabilities": model.predict_proba(x).tolist(),
    }


json.dump(
    {
        "auroc": [roc_auc_score(q["truth"], q["scores"]) for q in questions["auroc"]],
        "logistic": [fit(**q) for q in questions["logistic"]],
    },
    sys.stdout,
)
