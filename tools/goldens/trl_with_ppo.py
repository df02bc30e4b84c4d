"""Modules of older TRL beside the one that is installed: 1.12.0, the last release with PPO and BCO, and 1.8.0, the last with DPPO.

    pip install --no-deps --target FOLDER trl==1.12.0
    pip install --no-deps --target OTHER trl==1.8.0
    TRL_WITH_PPO=FOLDER TRL_WITH_DPPO=OTHER python ...
"""

import importlib
import os
import sys


def _forget():
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "trl"}


def _module_of(folder, version, name):
    installed = _forget()
    sys.path.insert(0, os.environ[folder])
    try:
        module = importlib.import_module(name)
        assert importlib.import_module("trl").__version__ == version
        return module
    finally:
        sys.path.pop(0)
        _forget()
        sys.modules.update(installed)


def module_of_trl_with_ppo(name):
    return _module_of("TRL_WITH_PPO", "1.12.0", name)


def module_of_trl_with_dppo(name):
    return _module_of("TRL_WITH_DPPO", "1.8.0", name)
