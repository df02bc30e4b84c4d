"""Runs a Python reward function for nudge: requests come as JSON lines, answers go as JSON lines, in order.

    python3 python_runner.py FILE FUNCTION

FUNCTION has the signature of TRL's reward functions: keyword arguments `prompts`, `completions`, `completion_ids`
and the columns of the data set, each a list; it returns a list of numbers, None where it cannot tell. It may be a
coroutine; all calls run in one event loop. A conversation is a list of messages, its completion a list of one
message. It gets only the arguments that it names, unless it takes **kwargs. Beside these there are
`trainer_state.global_step`, the policy's version, and `log_metric(name, value)` and `log_extra(column, values)`,
whose numbers go with the scores as components.
"""

import asyncio
import importlib.util
import inspect
import json
import math
import os
import sys
import traceback
import types


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


def loggable(value):
    """The value as a finite float; None where there is none: a text, None, 10**400."""
    try:
        number = math.nan if isinstance(value, (str, bytes)) else float(value)
    except Exception:  # whatever a foreign type's __float__ raises
        return None
    return number if math.isfinite(number) else None


class Logs:
    """What a function logs of one batch; only finite numbers are kept."""

    def __init__(self, size):
        self.size, self.metrics, self.columns = size, {}, {}

    def log_metric(self, name, value):
        self.metrics.setdefault(name, []).append(value)

    def log_extra(self, column, values):
        self.columns.setdefault(column, []).extend(values)

    def components(self, i):
        """Those of completion i: its values of the columns, and the batch's metrics, each the mean of its values."""
        values = {}
        for name, logged in self.metrics.items():
            known = [value for value in map(loggable, logged) if value is not None]
            values[name] = sum(known) / len(known) if known else None
        values.update({name: column[i] for name, column in self.columns.items() if len(column) == self.size})
        known = {str(name): loggable(value) for name, value in values.items()}
        return {name: value for name, value in known.items() if value is not None}


def arguments(function, batch, logs):
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
    values["trainer_state"] = types.SimpleNamespace(global_step=batch[0]["policy_version"])
    values["log_metric"] = logs.log_metric
    values["log_extra"] = logs.log_extra
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return values
    return {parameter.name: values[parameter.name] for parameter in parameters if parameter.name in values}


async def awaited(result):
    return await result


def scores(function, batch, logs, loop):
    result = function(**arguments(function, batch, logs))
    if inspect.isawaitable(result):
        result = loop.run_until_complete(awaited(result))
    result = list(result)
    if len(result) != len(batch):
        raise ValueError(f"{function.__name__} returned {len(result)} scores for {len(batch)} completions")
    return result


def answer(score, components):
    number = math.nan if score is None else float(score)
    return json.dumps({"score": number if math.isfinite(number) else None, "components": components})


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # print() of the function goes to stderr, not among the answers
    sys.stdout.reconfigure(line_buffering=True)
    function = load(*sys.argv[1:])
    loop = asyncio.new_event_loop()
    batch = []
    for line in sys.stdin:
        batch.append(json.loads(line))
        if batch[-1]["remaining"]:
            continue
        try:
            logs = Logs(len(batch))
            lines = [answer(score, logs.components(i)) for i, score in enumerate(scores(function, batch, logs, loop))]
        except Exception as error:
            traceback.print_exc()
            lines = [json.dumps({"error": f"{type(error).__name__}: {error}"})] * len(batch)
        answers.write("\n".join(lines) + "\n")
        answers.flush()
        batch = []


if __name__ == "__main__":
    main()
