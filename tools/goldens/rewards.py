"""Writes tests/goldens/rewards.json: TRL's shaping rewards on random completions. Needs `pip install trl==1.12.0`.

    python3 tools/goldens/rewards.py
"""

import json
import pathlib
import random

from trl.rewards import accuracy_rewards, think_format_reward
from trl.rewards.other_rewards import get_repetition_penalty_reward, get_soft_overlong_punishment

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "tests/goldens/rewards.json"
PIECES = ["<think>", "</think>", "<think", "think>", "\n", " so ", "7", "<answer>"]


def main():
    draw = random.Random(7)
    completions = [[draw.randrange(4) for _ in range(draw.randrange(40))] for _ in range(60)]
    starts = ["", "<think>", "<think>", "\n<think>"]
    texts = [draw.choice(starts) + "".join(draw.choice(PIECES) for _ in range(draw.randrange(6))) for _ in range(400)]
    correct = [draw.random() < 0.5 for _ in completions]
    # Correctness is ours to decide here, so that math_verify is not needed.
    accuracy_rewards.accuracy_reward = lambda completions, solution: [float(c) for c in correct]
    cosine = accuracy_rewards.get_cosine_scaled_reward(max_len=30, min_value_wrong=-2.0, max_value_correct=1.5)
    golden = {
        "completion_ids": completions,
        "correct": correct,
        "soft_overlong_30_12": get_soft_overlong_punishment(30, 12)(completion_ids=completions),
        "repetition_3": get_repetition_penalty_reward()(completion_ids=completions),
        "repetition_2_half": get_repetition_penalty_reward(2, -0.5)(completion_ids=completions),
        "cosine_30": cosine(completions=None, solution=None, completion_ids=completions),
        "texts": texts,
        "think_format": think_format_reward([[{"content": text}] for text in texts]),
    }
    OUTPUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
