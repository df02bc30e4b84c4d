"""Writes tests/goldens/reward_losses.json: the losses of reward models, with gradients, in double precision.

Each likelihood is computed the obvious way, from probabilities (no logsigmoid, no log-sum-exp): a product of the
choices' probabilities, loops over choices, pairs and grades, autograd for the gradients. Inputs are multiples of 1/1024.
Efron's form of equal ranks is checked against the average over all orders, where the equal ones have equal scores.

    pip install torch
    python tools/goldens/reward_losses.py
"""

import itertools
import json
import math
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(5)


def draw(*shape, scale=1.0):
    return (torch.randn(*shape) * scale * 1024).round() / 1024


def sigma(x):
    return 1 / (1 + torch.exp(-x))


def noisy(p, rate, outcomes):
    return (1 - rate) * p + rate / outcomes


def bradley_terry(d, tie, margin, free, smoothing, noise):
    assert not tie
    says, turned = noisy(sigma(d - margin), noise, 2), noisy(sigma(margin - d), noise, 2)
    return (1 - smoothing) * torch.log(says) + smoothing * torch.log(turned)


def rao_kupper(d, tie, margin, free, smoothing, noise):
    # Rao and Kupper: P(i) = p_i / (p_i + theta p_j), P(tie) = (theta^2 - 1) p_i p_j / ((p_i + theta p_j)(p_j + theta p_i))
    theta, p_i, p_j = torch.exp(torch.exp(free[0])), torch.exp(d / 2), torch.exp(-d / 2)
    p_tie = (theta**2 - 1) * p_i * p_j / ((p_i + theta * p_j) * (p_j + theta * p_i))
    return torch.log(noisy(p_tie if tie else p_i / (p_i + theta * p_j), noise, 3))


def davidson(d, tie, margin, free, smoothing, noise):
    # Davidson: P(i) = p_i / (p_i + p_j + nu sqrt(p_i p_j))
    nu, p_i, p_j = torch.exp(free[0]), torch.exp(d / 2), torch.exp(-d / 2)
    weight = nu * torch.sqrt(p_i * p_j)
    return torch.log(noisy((weight if tie else p_i) / (p_i + p_j + weight), noise, 3))


def pairs_of(comparison):
    for i, j in itertools.combinations(range(len(comparison["items"])), 2):
        if comparison["ranks"][i] > comparison["ranks"][j]:
            i, j = j, i
        yield i, j, comparison["ranks"][i] == comparison["ranks"][j]


def on_pairs(likelihood, scores, comparisons, free, smoothing, noise, centering, with_ties):
    total, count = 0.0, 0.0
    for comparison in comparisons:
        pairs = [(i, j, tie) for i, j, tie in pairs_of(comparison) if with_ties or not tie]
        for i, j, tie in pairs:
            a, b = scores[comparison["items"][i]], scores[comparison["items"][j]]
            weight = comparison["weight"] / len(pairs)
            two_best = (comparison["ranks"][i], comparison["ranks"][j]) == (0, 1)  # of which the margin is said
            loss = -likelihood(a - b, tie, comparison["margin"] if two_best else 0, free, smoothing, noise)
            total, count = total + weight * (loss + centering * (a + b) ** 2), count + weight
    return total, count


def efron(s, ranks):
    """-log of the product over choices of exp(s_i) / (sum of those left, those equal counted 1 - j/d)."""
    likelihood = 1.0
    for rank in sorted(set(ranks)):
        equal = [i for i, r in enumerate(ranks) if r == rank]
        left = [i for i, r in enumerate(ranks) if r >= rank]
        for j, i in enumerate(equal):
            below = sum(torch.exp(s[k]) for k in left) - j / len(equal) * sum(torch.exp(s[k]) for k in equal)
            likelihood = likelihood * torch.exp(s[i]) / below
    return -torch.log(likelihood) / (len(ranks) - 1)


def over_all_orders(s, ranks):
    """-log of the mean probability over all strict orders that the ranks allow."""
    probabilities = []
    for order in itertools.permutations(range(len(ranks))):
        if any(ranks[a] > ranks[b] for a, b in itertools.pairwise(order)):
            continue
        p, left = 1.0, list(order)
        for i in order:
            p = p * torch.exp(s[i]) / sum(torch.exp(s[k]) for k in left)
            left.remove(i)
        probabilities.append(p)
    return -torch.log(sum(probabilities) / len(probabilities)) / (len(ranks) - 1)


def plackett_luce(scores, comparisons, centering):
    total, count = 0.0, 0.0
    for comparison in comparisons:
        s = scores[comparison["items"]]
        total = total + comparison["weight"] * efron(s, comparison["ranks"])
        pairs = list(pairs_of(comparison))
        for i, j, _ in pairs:
            total = total + comparison["weight"] / len(pairs) * centering * (s[i] + s[j]) ** 2
        count += comparison["weight"]
    return total, count


same = torch.tensor([0.5, -1.0, -1.0, -1.0, 2.0])
assert abs(efron(same, [1, 2, 2, 2, 0]) - over_all_orders(same, [1, 2, 2, 2, 0])) < 1e-12

PAIRS = [
    {"items": [0, 1], "ranks": [0, 1], "margin": 0.5, "weight": 1.0},
    {"items": [1, 2], "ranks": [1, 0], "margin": 0.0, "weight": 0.5},
    {"items": [3, 4], "ranks": [0, 0], "margin": 0.25, "weight": 0.5},
    {"items": [2, 5], "ranks": [0, 1], "margin": 1.0, "weight": 0.25},
]
RANKINGS = PAIRS[:2] + [
    {"items": [3, 0, 4, 2], "ranks": [2, 0, 1, 1], "margin": 0.75, "weight": 1.0},
    {"items": [5, 6, 7], "ranks": [0, 0, 1], "margin": 0.0, "weight": 0.5},
    {"items": [6, 1, 2], "ranks": [0, 0, 0], "margin": 0.0, "weight": 0.25},
    {"items": [7, 6, 5, 4, 3], "ranks": [4, 3, 0, 1, 2], "margin": 0.25, "weight": 0.125},
]


def comparison_case(name, comparisons, smoothing=0.0, noise=0.0, centering=0.0):
    scores = draw(8, scale=1.5).requires_grad_()
    free = draw(1, scale=0.5).requires_grad_() if name in ("rao_kupper", "davidson") else None
    if name == "plackett_luce":
        loss, count = plackett_luce(scores, comparisons, centering)
    else:
        loss, count = on_pairs(globals()[name], scores, comparisons, free, smoothing, noise, centering, free is not None)
    gradients = torch.autograd.grad(loss, [scores] + ([free] if free is not None else []))
    return {
        "name": name, "label_smoothing": smoothing, "rater_noise": noise, "centering": centering,
        "comparisons": comparisons, "scores": scores.tolist(), "free": free.tolist() if free is not None else [],
        "sum": loss.item(), "count": count, "gradient": gradients[0].tolist(),
        "free_gradient": gradients[1].tolist() if free is not None else [],
    }


def ordinal(scores, labels, free):
    cuts = [free[0]]
    for step in free[1:]:
        cuts.append(cuts[-1] + torch.exp(step))
    losses = []
    for s, y in zip(scores, labels.long().tolist()):
        up_to = lambda c: 0.0 if c < 0 else 1.0 if c == len(cuts) else sigma(cuts[c] - s)
        losses.append(-torch.log(up_to(y) - up_to(y - 1)))
    return torch.stack(losses)


def label_case(name):
    scores = draw(8, scale=1.5).requires_grad_()
    labels = {"regression": draw(8), "logistic": torch.tensor([0, 1, 1, 0, 1, 0, 0, 1.0]),
              "ordinal": torch.tensor([0, 3, 1, 2, 2, 0, 3, 1.0])}[name]
    free = torch.tensor([-0.75, 0.25, -0.5]).requires_grad_() if name == "ordinal" else None
    if name == "regression":
        losses = (scores - labels) ** 2 / 2
    elif name == "logistic":
        losses = -torch.log(torch.where(labels == 1, sigma(scores), 1 - sigma(scores)))
    else:
        losses = ordinal(scores, labels, free)
    gradients = torch.autograd.grad(losses.sum(), [scores] + ([free] if free is not None else []))
    return {
        "name": name, "scores": scores.tolist(), "labels": labels.tolist(),
        "free": free.tolist() if free is not None else [], "losses": losses.tolist(),
        "gradient": gradients[0].tolist(), "free_gradient": gradients[1].tolist() if free is not None else [],
    }


goldens = {
    "made_by": f"tools/goldens/reward_losses.py with torch {torch.__version__}",
    "comparisons": [
        comparison_case("bradley_terry", RANKINGS, centering=0.01),
        comparison_case("bradley_terry", PAIRS, smoothing=0.1),
        comparison_case("bradley_terry", RANKINGS, noise=0.1),
        comparison_case("bradley_terry", PAIRS, smoothing=0.05, noise=0.2, centering=0.02),
        comparison_case("rao_kupper", RANKINGS),
        comparison_case("rao_kupper", PAIRS, noise=0.1, centering=0.01),
        comparison_case("davidson", RANKINGS),
        comparison_case("davidson", PAIRS, noise=0.1, centering=0.01),
        comparison_case("plackett_luce", RANKINGS),
        comparison_case("plackett_luce", PAIRS, centering=0.01),
    ],
    "labels": [label_case("regression"), label_case("logistic"), label_case("ordinal")],
}
assert math.isfinite(goldens["comparisons"][0]["sum"])
path = Path(__file__).parents[2] / "tests/goldens/reward_losses.json"
path.write_text(json.dumps(goldens) + "\n")
print(f"{path}: {path.stat().st_size} bytes")
