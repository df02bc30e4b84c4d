"""Modules of TRL 1.12.0, the last release with PPO and BCO, beside the one that is installed.

    pip install --no-deps --target FOLDER trl==1.12.0
    TRL_WITH_PPO=FOLDER python ...
"""

import importlib
import os
import sys


def _forget():
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "trl"}


def module_of_trl_with_ppo(name):
    installed = _forget()
    sys.path.insert(0, os.environ["TRL_WITH_PPO"])
    try:
        module = importlib.import_module(name)
        assert importlib.import_module("trl").__version__ == "1.12.0"
        return module
    finally:
        sys.path.pop(0)
        _forget()
        sys.modules.update(installed)
