"""Every command explains itself, also in a narrow terminal."""

import re
import subprocess
import unittest

from harness import CHAIN, NUDGE, SOURCE, fresh, main, nudge

REGISTRY = (SOURCE / "src/cli/registry.cpp").read_text()
COMMANDS = re.findall(r'^\s*\{"([a-z -]+)",', REGISTRY, re.MULTILINE)


PROMPTS = ["--model", CHAIN / "sft", "--dataset", CHAIN / "world/rl_prompts.jsonl", "--steps", 1, "--rollout_batch_size", 2]
REWARD = ["--reward", CHAIN / "reward"]
GROUPS = [*PROMPTS, *REWARD, "--max_completion_length", 4]
PAIRS = ["--model", CHAIN / "sft", "--dataset", CHAIN / "pairs.jsonl", "--max_length", 128, "--max_steps", 1]
# The shortest run of each command that trains, with and without settings that change its defaults.
RUNS = {
    "pretrain": ["--tokenizer", CHAIN / "tokenizer", "--dataset", CHAIN / "world/corpus_eval.jsonl", "--max_steps", 1, "--hidden_size", 16,
                 "--intermediate_size", 16, "--max_length", 32, "--num_hidden_layers", 1, "--num_attention_heads", 2, "--num_key_value_heads", 2],
    "sft": ["--model", CHAIN / "base", "--dataset", CHAIN / "world/demonstrations.jsonl", "--max_length", 128, "--max_steps", 1],
    "reward": [*PAIRS[:-2], "--num_train_epochs", 0.1, "--normalization_samples", 8],
    "dpo": PAIRS,
    "orpo": PAIRS,
    "cpo": PAIRS,
    "kto": PAIRS,
    "bco": PAIRS,
    "ppo": [*PROMPTS, *REWARD, "--response_length", 4],
    "ppo --compat openrlhf": [*PROMPTS, *REWARD, "--response_length", 4],
    "online-dpo": [*PROMPTS, *REWARD, "--max_new_tokens", 4],
    "grpo": GROUPS,
    "grpo --preset dapo": GROUPS,
    "grpo --preset gspo --compat verl": GROUPS,
    "rloo": GROUPS,
    "rloo --compat openrlhf": GROUPS,
    "reinforce": GROUPS,
}


def defaults_in_help(*arguments):
    """Option -> its default in the words of --help."""
    text = nudge(*arguments, "--help", env={"COLUMNS": "2000"}).stdout
    found = re.findall(r"^  --(?:\[no_\])?(\w+) .*\(default: (.*)\)$", text, re.MULTILINE)
    return {name: default.strip('"') for name, default in found}


def other_names(*arguments):
    """Older or other name -> the name."""
    text = nudge(*arguments, "--help", env={"COLUMNS": "2000"}).stdout
    found = re.findall(r"^  --(\w+) .*\[(?:[^\]]*; )?also ([^\]]*)\]", text, re.MULTILINE)
    return {other.strip("-"): name for name, others in found for other in others.split(", ")}


def short(value):
    """A list of numbers as --help shows it: four digits of each."""
    try:
        return " ".join(f"{float(word):.4g}" for word in value.split())
    except (AttributeError, ValueError):
        return value


def configuration(folder):
    """Option -> its value in the words of --help."""
    words = {"true": "on", "false": "off", "null": "none"}
    lines = (line.split(": ", 1) for line in (folder / "config.yaml").read_text().splitlines() if ": " in line)
    return {name: words.get(value, value.strip('"').strip("[]").replace(", ", " ")) for name, value in lines}


class Help(unittest.TestCase):
    def test_the_list_of_commands(self):
        listing = nudge("--help").stdout
        self.assertGreater(len(COMMANDS), 10)
        for command in COMMANDS:
            self.assertIn(command, listing)

    def test_each_command(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                text = nudge(*command.split(), "--help").stdout
                self.assertIn(command, text)

    def test_a_narrow_terminal(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                text = nudge(*command.split(), "--help", env={"COLUMNS": "48"}).stdout
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 48)

    def test_defaults_are_those_of_a_run(self):
        folder = fresh("help")
        for command, arguments in RUNS.items():
            with self.subTest(command=command):
                run = folder / re.sub(r"\W+", "_", command)
                nudge(*command.split(), *arguments, "--output_dir", run)
                others = other_names(*command.split())
                words = [str(word).strip("-") for word in (*command.split(), *arguments) if str(word).startswith("--")]
                given = {others.get(word, word) for word in words}
                promised = {name: default for name, default in defaults_in_help(*command.split()).items() if name not in given}
                ran = configuration(run)
                self.assertGreater(len(promised), 10)
                self.assertIn("learning_rate", promised)
                self.assertEqual({name: short(default) for name, default in promised.items()},
                                 {name: short(ran.get(name)) for name in promised})

    def test_help_shows_the_defaults_of_a_preset(self):
        self.assertEqual([defaults_in_help("grpo")[name] for name in ("beta", "kl_in", "scale_rewards")], ["0.5", "token_reward", "none"])
        self.assertEqual([defaults_in_help("grpo", "--preset", "grpo")[name] for name in ("beta", "kl_in")], ["0.04", "loss"])
        self.assertEqual(defaults_in_help("grpo")["learning_rate"], "1e-06")
        dapo = defaults_in_help("grpo", "--preset", "dapo")
        self.assertEqual([dapo[name] for name in ("beta", "epsilon_high", "dynamic_sampling", "preset")], ["0", "0.28", "on", "dapo"])
        self.assertEqual(defaults_in_help("grpo", "--compat", "openrlhf")["beta"], "0.01")
        self.assertEqual(defaults_in_help("ppo", "--compat", "verl")["cliprange_value"], "0.5")
        for command, beta in (("dpo", "1"), ("kto", "3")):  # another program's where it is asked for
            self.assertEqual(defaults_in_help(command)["beta"], beta)
            self.assertEqual(defaults_in_help(command, "--compat", "trl")["beta"], "0.1")
        self.assertEqual(defaults_in_help("grpo", "--compat", "trl")["beta"], "0")
        self.assertEqual(defaults_in_help("grpo", "--preset", "nonsense"), defaults_in_help("grpo"))

    def test_version(self):
        self.assertRegex(nudge("--version").stdout, r"\d+\.\d+\.\d+")

    def test_exactly_one_openmp_runtime(self):
        libraries = subprocess.run(["ldd", NUDGE], capture_output=True, text=True, check=True).stdout
        self.assertEqual(len(set(re.findall(r"=> (\S*libgomp\S*)", libraries))), 1, libraries)


if __name__ == "__main__":
    main()
