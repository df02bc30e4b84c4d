"""Writes tests/goldens/density_ratio.json: the classifier behind BCO's density ratio, fitted by scikit-learn.

TRL's BCOTrainer fits LogisticRegression(class_weight="balanced") to prompt embeddings and weighs undesirable
completions by (p / (1 - p + 1e-8)).clamp(min_density_ratio, max_density_ratio) (BCOTrainer._get_udm_weight); the
tolerance here is tighter than scikit-learn's default, so that the numbers are those of the optimum.

    pip install scikit-learn numpy
    python -P tools/goldens/density_ratio.py   (-P: tokenizers.py beside it is not the package)
"""

import json
from pathlib import Path

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression


def case(name, examples, features, share, shift, seed):
    draw = numpy.random.RandomState(seed)
    positive = draw.rand(examples) < share
    x = numpy.round((draw.randn(examples, features) + shift * positive[:, None]) * 1024) / 1024
    fitted = LogisticRegression(class_weight="balanced", tol=1e-12, max_iter=100000).fit(x, positive)
    p = fitted.predict_proba(x)[:, 1]
    return {"name": name, "x": x.tolist(), "positive": positive.tolist(), "weight": fitted.coef_[0].tolist(),
            "intercept": float(fitted.intercept_[0]), "probability": p.tolist(),
            "ratio": numpy.clip(p / (1 - p + 1e-8), 0.5, 10).tolist()}


if __name__ == "__main__":
    goldens = {
        "made_by": f"tools/goldens/density_ratio.py with scikit-learn {sklearn.__version__}",
        "cases": [case("few of one class", 40, 3, 0.2, 0.7, 1), case("apart", 30, 4, 0.5, 4.0, 2),
                  case("more features than examples", 12, 20, 0.5, 0.5, 3), case("alike", 50, 2, 0.6, 0.0, 4)],
    }
    path = Path(__file__).parents[2] / "tests/goldens/density_ratio.json"
    path.write_text(json.dumps(goldens) + "\n")
    print(f"{path}: {path.stat().st_size} bytes, {len(goldens['cases'])} cases")
