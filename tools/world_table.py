#!/usr/bin/env python3
"""The tables of docs/world.md, from finished demos: tools/world_table.py runs/seed0 runs/seed1 runs/seed2"""
import json
import pathlib
import sys


def share(interval):
    return f"{100 * interval['value']:.1f} [{100 * interval['low']:.1f}, {100 * interval['high']:.1f}]"


def number(interval):
    return f"{interval['value']:.2f} [{interval['low']:.2f}, {interval['high']:.2f}]"


def seconds(demo):
    lines = (demo / "timing.jsonl").read_text().splitlines()
    return {line["stage"]: line["seconds"] for line in map(json.loads, lines)}


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def label(model):
    if "label" in model:
        return model["label"]
    if model["kind"] == "sft":
        return "SFT"
    return "PPO, no leash" if model["kl_coef"] == 0 else f"PPO, leash {model['kl_coef']:.1f}"


def main():
    demos = [pathlib.Path(folder) for folder in sys.argv[1:]]
    if not demos:
        sys.exit(__doc__)
    reports = [json.loads((demo / "report.json").read_text()) for demo in demos]
    table(
        ["", *(f"seed {report['seed']}" for report in reports)],
        [
            ["cloze, all facts, %", *(share(r["base"]["cloze"]["all"]) for r in reports)],
            ["bare question answered, %", *(share(r["base"]["bare"]["answered"]) for r in reports)],
            ["goes on with another question, %", *(share(r["base"]["bare"]["next_is_question"]) for r in reports)],
            *(
                [f"few-shot, {shot['form']} form, {shot['shots']}, %", *(share(r["base"]["few_shot"][i]["right"]) for r in reports)]
                for i, shot in enumerate(reports[0]["base"]["few_shot"])
            ),
            ["two raters agree, %", *(share(r["raters"]["agreement"]) for r in reports)],
            ["reward model on held-out comparisons, %", *(share(r["reward_model"]["accuracy"]) for r in reports)],
        ],
    )
    for report, demo in zip(reports, demos):
        print(f"Seed {report['seed']}:\n")
        took, rows = seconds(demo), []
        for model in report["models"]:
            world = model["world"]
            rows.append(
                [
                    label(model),
                    number(model["kl"]) if model["kind"] != "sft" else "0",
                    number(model["proxy"]),
                    number(model["judge"]),
                    share(model["win_rate"]) if model["kind"] != "sft" else "",
                    *(f"{world[key]['value']:.2f}" for key in ("right_plain", "dont_know_unknown", "dont_know_known", "guess_unknown", "flattery")),
                    f"{model['distinct']:.2f}",
                    f"{took[model['name']]:.0f}" if model["name"] in took else "",
                ]
            )
        table(["", "KL", "reward model", "gold", "win rate, %", "right, plain", "do not know: due", "not due", "guesses", "flattery", "distinct", "s"], rows)
    table(
        ["best of n", *(str(point["n"]) for point in reports[0]["best_of_n"])],
        [[f"{side}, seed {r['seed']}", *(f"{point[side]['value']:.2f}" for point in r["best_of_n"])] for side in ("proxy", "gold") for r in reports],
    )


if __name__ == "__main__":
    main()
