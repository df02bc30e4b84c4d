"""Every command explains itself, also in a narrow terminal."""

import re
import subprocess
import unittest

from harness import NUDGE, SOURCE, main, nudge

REGISTRY = (SOURCE / "src/cli/registry.cpp").read_text()
COMMANDS = re.findall(r'^\s*\{"([a-z -]+)",', REGISTRY, re.MULTILINE)


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

    def test_version(self):
        self.assertRegex(nudge("--version").stdout, r"\d+\.\d+\.\d+")

    def test_exactly_one_openmp_runtime(self):
        libraries = subprocess.run(["ldd", NUDGE], capture_output=True, text=True, check=True).stdout
        self.assertEqual(len(set(re.findall(r"=> (\S*libgomp\S*)", libraries))), 1, libraries)


if __name__ == "__main__":
    main()
