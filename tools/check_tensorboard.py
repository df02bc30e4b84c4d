"""Reads a run's TensorBoard files with the tensorboard package and compares them with its JSON Lines.

    python tools/check_tensorboard.py RUN

Every number of metrics.jsonl and timing.jsonl must be there once, at its step, in single precision, and nothing else.
"""

import json
import math
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def single_precision(value):
    return struct.unpack("f", struct.pack("f", math.nan if value is None else value))[0]


def logged(run):
    for name in ("metrics.jsonl", "timing.jsonl"):
        path = run / name
        for line in path.read_text().splitlines() if path.exists() else []:
            record = json.loads(line)
            step = record.pop("step")
            for tag, value in record.items():
                yield (tag, step), single_precision(value)


def shown(run):
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            yield (tag, event.step), event.value


def same(a, b):
    return a == b or (math.isnan(a) and not math.isfinite(b))  # JSON has null for every non-finite number


def main():
    run = Path(sys.argv[1])
    want, got = dict(logged(run)), list(shown(run))
    twice = len(got) - len(dict(got))
    got = dict(got)
    wrong = [key for key in want.keys() | got.keys() if not (key in want and key in got and same(want[key], got[key]))]
    if twice or wrong or not want:
        sys.exit(f"{run}: {len(want)} numbers logged, {twice} shown twice, {len(wrong)} differ, such as {wrong[:3]}")
    print(f"{run}: TensorBoard shows the {len(want)} numbers that were logged")


if __name__ == "__main__":
    main()
