"""Runs a Python reward function for nudge: requests come as JSON lines, answers go as JSON lines, in order.

    python3 python_runner.py FILE FUNCTION

FUNCTION has the signature of TRL's reward functions: keyword arguments `prompts`, `completions`, `completion_ids`
and the columns of the data set, each a list; it returns a list of numbers, None where it cannot tell. It may be a
coroutine. A conversation is a list of messages, its completion a list of one message. It gets only the arguments
that it names, unless it takes **kwargs.
"""

import asyncio
import importlib.util
import inspect
import json
import math
import os
import sys
import traceback


def load(path, name):
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("reward_file", path)
    if spec is None:
        raise SystemExit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["reward_file"] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, name, None)):
        raise SystemExit(f"{path} has no function {name}")
    return getattr(module, name)


def arguments(function, batch):
    """The batch as keyword arguments, as far as the function takes them."""
    columns = {key for request in batch for key in request["columns"]}
    values = {key: [request["columns"].get(key) for request in batch] for key in columns}
    values["prompts"] = [request["prompt"] for request in batch]
    values["completions"] = [
        [{"role": "assistant", "content": request["completion"]}]
        if isinstance(request["prompt"], list)
        else request["completion"]
        for request in batch
    ]
    values["completion_ids"] = [request["completion_ids"] for request in batch]
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return values
    return {parameter.name: values[parameter.name] for parameter in parameters if parameter.name in values}


def scores(function, batch):
    result = function(**arguments(function, batch))
    if inspect.isawaitable(result):

        async def awaited():
            return await result

        result = asyncio.run(awaited())
    result = list(result)
    if len(result) != len(batch):
        raise ValueError(f"{function.__name__} returned {len(result)} scores for {len(batch)} completions")
    return result


def answer(score):
    number = math.nan if score is None else float(score)
    return json.dumps(number if math.isfinite(number) else None)


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # print() of the function goes to stderr, not among the answers
    function = load(*sys.argv[1:])
    batch = []
    for line in sys.stdin:
        batch.append(json.loads(line))
        if batch[-1]["remaining"]:
            continue
        try:
            lines = [answer(score) for score in scores(function, batch)]
        except Exception as error:
            traceback.print_exc()
            lines = [json.dumps({"error": f"{type(error).__name__}: {error}"})] * len(batch)
        answers.write("\n".join(lines) + "\n")
        answers.flush()
        batch = []


if __name__ == "__main__":
    main()
