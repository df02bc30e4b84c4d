#!/usr/bin/env python3
"""How long a model takes from its file to memory, beside transformers and llama.cpp, and whether greedy texts agree.

NUDGE=build/release/nudge bench/load_models.py MODEL.gguf DIRECTORY [--rounds 3] [--texts 20] [--tokens 48]

DIRECTORY is what `nudge import MODEL.gguf` writes. Programs take turns, and the least time of each counts. nudge's are whole
processes less `nudge --version`; those of transformers and xllamacpp are taken inside Python, imports left out. Run it by a Python that
has numpy, torch, transformers, gguf and xllamacpp; what is missing is left out, aloud. "work" is the time of all
processor cores together, which other programs on the machine hardly change.
"""
import argparse
import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy

PROMPTS = [
    "The capital of France is", "Once upon a time there was", "Water boils at", "def fibonacci(n):", "The three primary colours are",
    "In 1969, astronauts", "My favourite recipe for bread", "The theory of evolution says that", "To be or not to be,", "List of planets:",
    "The quick brown fox", "Dear Sir or Madam,", "SELECT name FROM", "A haiku about autumn:", "The weather in Berlin today",
    "Photosynthesis is the process by which", "If x + 3 = 7, then x is", "The most important invention of the", "Ludwig van Beethoven was",
    "Der Hund und die Katze",
]
# Ends without clean-up: stopping xllamacpp's server can wait for ever.
LOAD = """
import os, sys, time
{imports}
began, worked = time.perf_counter(), time.process_time()
{load}
print(time.perf_counter() - began, time.process_time() - worked, flush=True)
os._exit(0)
"""
TRANSFORMERS = "import torch\nfrom transformers import AutoModelForCausalLM"
SECONDS = {
    "transformers, DIRECTORY": (TRANSFORMERS, "AutoModelForCausalLM.from_pretrained(sys.argv[2], dtype=torch.float32)"),
    "transformers, MODEL.gguf": (
        TRANSFORMERS,
        "folder, name = os.path.split(sys.argv[1])\n"
        "AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)",
    ),
    "llama.cpp, MODEL.gguf": (
        "import xllamacpp",
        "parameters = xllamacpp.CommonParams()\nparameters.model.path = sys.argv[1]\nparameters.n_ctx = 512\nparameters.warmup = False\n"
        "server = xllamacpp.Server(parameters)",
    ),
}
GREEDY = """
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
for text in json.load(sys.stdin):
    prompt, tokens = tokenizer(text)["input_ids"], int(sys.argv[2])
    sequence = torch.tensor([prompt])
    with torch.no_grad():
        told = model.generate(sequence, attention_mask=torch.ones_like(sequence), do_sample=False, max_new_tokens=tokens)[0, len(prompt):].tolist()
        logits = model(torch.tensor([prompt + told])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    best = logits.topk(2).values
    print(json.dumps([told, (best[:, 0] - best[:, 1]).tolist()]), flush=True)
"""


def seconds_of(command):
    """On the clock, and of all processor cores together."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return numpy.array([time.perf_counter() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime])


def load_times(arguments, nudge):
    """name -> the least of some times, taken in turns, and the least work."""
    floor = numpy.min([seconds_of([nudge, "--version"]) for _ in range(3)], axis=0)
    times = {}
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(arguments.rounds):
            shutil.rmtree(f"{scratch}/out", ignore_errors=True)
            commands = {
                "nudge import, MODEL.gguf": ["import", arguments.gguf, "--output_dir", f"{scratch}/out"],
                "nudge inspect, DIRECTORY": ["inspect", arguments.directory],
                "nudge sample of one token, DIRECTORY": ["sample", "--model", arguments.directory, "--prompt", "a", "--max_new_tokens", "1"],
            }
            for name, command in commands.items():
                times.setdefault(name, []).append(seconds_of([nudge, *command]) - floor)
            for name, (imports, load) in SECONDS.items():
                done = subprocess.run([sys.executable, "-c", LOAD.format(imports=imports, load=load), arguments.gguf, arguments.directory],
                                      capture_output=True, text=True)
                if done.returncode == 0:
                    times.setdefault(name, []).append([float(word) for word in done.stdout.split()[-2:]])
                else:
                    print(f"{name}: left out ({(done.stderr.strip().splitlines() or ['it failed'])[-1]})", file=sys.stderr)
    return {name: numpy.min(taken, axis=0) for name, taken in times.items()}


def compare_texts(arguments, nudge):
    """Greedy tokens of both, up to the first difference; there the lead of transformers' choice, in nats."""
    texts = PROMPTS[: arguments.texts]
    done = subprocess.run([nudge, "sample", "--model", arguments.directory, "--prompt", *texts, "--temperature", "0", "--max_new_tokens",
                           str(arguments.tokens)], capture_output=True, text=True, check=True)
    ours = [json.loads(line)["completions"][0]["tokens"] for line in done.stdout.splitlines()]
    done = subprocess.run([sys.executable, "-c", GREEDY, arguments.directory, str(arguments.tokens)], input=json.dumps(texts),
                          capture_output=True, text=True, check=True)
    same = 0
    for text, mine, line in zip(texts, ours, done.stdout.splitlines()):
        theirs, leads = json.loads(line)
        at = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a != b), None)
        same += at is None
        if at is not None:
            print(f"{text!r}: token {at} differs, where transformers' choice leads by {leads[at]:.2g} nats")
    print(f"{same} of {len(texts)} greedy texts of {arguments.tokens} tokens are the same")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf")
    parser.add_argument("directory")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=int, default=len(PROMPTS))
    parser.add_argument("--tokens", type=int, default=48)
    arguments = parser.parse_args()
    nudge = os.environ.get("NUDGE", "build/release/nudge")
    print("  seconds     work")
    for name, (seconds, work) in load_times(arguments, nudge).items():
        print(f"{seconds:9.2f}{work:9.2f}  {name}")
    if importlib.util.find_spec("transformers"):
        compare_texts(arguments, nudge)


if __name__ == "__main__":
    main()
