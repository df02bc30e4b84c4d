"""The gold reward of the frontier: how positive a movie review is, by logistic regression on its words and pairs of words.

    nudge ppo ... --reward python:recipes/dpo_frontier/sentiment.py:positive

reads the weights from $SENTIMENT_WEIGHTS, which frontier.py fits and writes. No library is needed.
"""

import json
import math
import os
import random


def features(text):
    words = text.lower().split()
    return set(words) | {f"{first} {second}" for first, second in zip(words, words[1:])}


def fit(labelled, passes=8, rate=0.25, decay=1e-5, seed=0):
    """Weights of logistic regression, by stochastic gradient descent; `labelled` holds (text, 0 or 1)."""
    order, weights, bias = random.Random(seed), {}, 0.0
    examples = [(features(text), label) for text, label in labelled]
    for step in range(passes):
        order.shuffle(examples)
        for found, label in examples:
            error = label - sigmoid(bias + sum(weights.get(name, 0.0) for name in found))
            pace = rate / (1 + step)
            bias += pace * error / 10
            for name in found:
                value = weights.get(name, 0.0)
                weights[name] = value + pace * (error - decay * value)
    return {"bias": bias, "weights": weights}


def sigmoid(value):
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def probability(model, text):
    return sigmoid(model["bias"] + sum(model["weights"].get(name, 0.0) for name in features(text)))


_model = None


def positive(prompts, completions, **_):
    """Probability that prompt and completion together are a positive review."""
    global _model
    if _model is None:
        with open(os.environ["SENTIMENT_WEIGHTS"], encoding="utf-8") as file:
            _model = json.load(file)
    return [probability(_model, prompt + completion) for prompt, completion in zip(prompts, completions)]
