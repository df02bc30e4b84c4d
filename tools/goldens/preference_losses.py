"""Writes tests/goldens/preference_losses.json: every loss on preferences, with gradients, in double precision.

A case can be replayed by itself: name, options, inputs, convention, then value (the sum over pairs or completions) and
gradient. TRL 1.16's own functions (BCO: 1.12, the last that has it) make the numbers wherever they can be called: its per-token log-probs are
replaced by ours, so that value and gradient are those of its losses and nothing else. "source" names the function, or
says "formula" where TRL has none or rounds to single precision (it must then agree to 1e-5). Inputs are multiples
of 1/1024. Lengths are ragged; one completion is empty, one pair has equal log-ratios.

    pip install trl==1.16.0 datasets accelerate torch
    TRL_WITH_PPO=FOLDER python -P tools/goldens/preference_losses.py   (-P: tokenizers.py beside it is not the package)
"""

import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.nn.functional as F
import trl
from trl.experimental.cpo.cpo_trainer import CPOTrainer
from trl.experimental.orpo.orpo_trainer import ORPOTrainer
from trl.experimental.tpo import tpo_trainer
from trl.trainer import dpo_trainer, kto_trainer

sys.path.append(str(Path(__file__).parent))  # last: tokenizers.py beside it is not the package
from trl_with_ppo import module_of_trl_with_ppo

bco_trainer = module_of_trl_with_ppo("trl.experimental.bco.bco_trainer")
BCOTrainer, RunningMoments = bco_trainer.BCOTrainer, bco_trainer.RunningMoments

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)

CHOSEN_LENGTHS, REJECTED_LENGTHS = [3, 1, 7, 4, 5, 2], [5, 2, 1, 4, 0, 6]
PAIRS = len(CHOSEN_LENGTHS)
WIDTH = 8  # prompt of one token, then up to seven


def draw(*shape, scale=1.0):
    return (torch.randn(*shape) * scale * 1024).round() / 1024


def masked(lengths):
    return torch.arange(WIDTH - 1)[None, :] < torch.tensor(lengths)[:, None]


def token_logprobs(lengths):
    return -draw(len(lengths), WIDTH - 1).abs() * masked(lengths)


CHOSEN, REJECTED = token_logprobs(CHOSEN_LENGTHS), token_logprobs(REJECTED_LENGTHS)
REFERENCE_CHOSEN = CHOSEN + draw(PAIRS, WIDTH - 1, scale=0.7) * masked(CHOSEN_LENGTHS)
REFERENCE_REJECTED = REJECTED + draw(PAIRS, WIDTH - 1, scale=0.7) * masked(REJECTED_LENGTHS)
REFERENCE_CHOSEN[3], REFERENCE_REJECTED[3] = CHOSEN[3] - 0.25, REJECTED[3] - 0.25  # equal log-ratios
REFERENCE_CHOSEN[3] *= masked(CHOSEN_LENGTHS)[3]
REFERENCE_REJECTED[3] *= masked(REJECTED_LENGTHS)[3]
INPUTS = {
    "chosen": CHOSEN.sum(1).tolist(), "rejected": REJECTED.sum(1).tolist(),
    "reference_chosen": REFERENCE_CHOSEN.sum(1).tolist(), "reference_rejected": REFERENCE_REJECTED.sum(1).tolist(),
    "chosen_length": CHOSEN_LENGTHS, "rejected_length": REJECTED_LENGTHS,
}


def fake_accelerator():
    same = lambda x: x
    return SimpleNamespace(device="cpu", gather=same, gather_for_metrics=same)


def fake_trainer(**attributes):
    return SimpleNamespace(
        model=SimpleNamespace(training=False), accelerator=fake_accelerator(), aux_loss_enabled=False,
        _metrics=defaultdict(lambda: defaultdict(list)), _total_train_tokens=0, **attributes,
    )


def packed_inputs(sides):
    """What TRL's collators make of completions whose log-probs are ours: every sequence opens with one prompt token."""
    lengths = torch.cat([torch.tensor(side) for side in sides])
    completion = torch.arange(WIDTH)[None, :] - 1
    mask = ((completion >= 0) & (completion < lengths[:, None])).long()
    return {"input_ids": torch.zeros(len(lengths), WIDTH, dtype=torch.long), "completion_mask": mask,
            "attention_mask": torch.ones(len(lengths), WIDTH)}


def model_of(logprobs):
    """What TRL's fused head gives its trainers: these log-probs, and what is only measured."""
    nothing = torch.zeros_like(logprobs)
    return lambda **_: SimpleNamespace(log_probs=logprobs, entropy=nothing, mean_logits=nothing, is_top1=nothing.bool())


def with_logprobs(module, logprobs, call):
    """Runs a TRL function that reads these log-probs off logits, [sequences, WIDTH, vocabulary]."""
    theirs = module.selective_log_softmax_and_entropy
    module.selective_log_softmax_and_entropy = lambda logits, labels, **_: (logprobs.clone(), torch.zeros_like(logprobs))
    try:
        return call(lambda **_: SimpleNamespace(logits=torch.zeros(len(logprobs), WIDTH, 4)))
    finally:
        module.selective_log_softmax_and_entropy = theirs


def trl_dpo(loss_type, options, divergence):
    """DPOTrainer._compute_loss: the mean over pairs, and its gradient in each completion's log-prob."""
    leaf = torch.cat([CHOSEN, REJECTED]).requires_grad_()
    trainer = fake_trainer(
        ld_alpha=None, precompute_ref_logps=True, f_divergence_type=divergence, f_alpha_divergence_coef=0.5,
        loss_types=[loss_type], loss_weights=[1.0], beta=options["beta"], label_smoothing=options["label_smoothing"],
        args=SimpleNamespace(discopop_tau=options["discopop_tau"]), use_weighting=False,
    )
    inputs = packed_inputs([CHOSEN_LENGTHS, REJECTED_LENGTHS]) | {
        "ref_chosen_logps": REFERENCE_CHOSEN.sum(1), "ref_rejected_logps": REFERENCE_REJECTED.sum(1)}
    loss = dpo_trainer.DPOTrainer._compute_loss(trainer, model_of(leaf), inputs, False)
    (gradient,) = torch.autograd.grad(loss * PAIRS, leaf)
    return loss * PAIRS, per_completion(gradient)


def per_completion(gradient):
    """The gradient in a sum over tokens is the same for each of them; an empty completion has none."""
    rows = []
    for row, count in zip(gradient, CHOSEN_LENGTHS + REJECTED_LENGTHS):
        assert count == 0 or torch.allclose(row[:count], row[0].expand(count), rtol=1e-12, atol=1e-15)
        rows.append(row[0].item() if count else 0.0)
    return rows[:PAIRS], rows[PAIRS : 2 * PAIRS]


def terms():
    chosen, rejected = CHOSEN.sum(1).requires_grad_(), REJECTED.sum(1).requires_grad_()
    return chosen, rejected, chosen - REFERENCE_CHOSEN.sum(1), rejected - REFERENCE_REJECTED.sum(1)


def by_formula(loss_of):
    chosen, rejected, c, r = terms()
    loss = loss_of(c, r).sum()
    gradients = torch.autograd.grad(loss, [chosen, rejected])
    empty = torch.tensor(REJECTED_LENGTHS) == 0
    return loss, (gradients[0].tolist(), gradients[1].masked_fill(empty, 0.0).tolist())


def alpha_score(x, alpha=0.5):
    return (torch.exp((alpha - 1) * x) - 1) / (alpha - 1)


def case(name, source, convention, options, inputs, value, gradient):
    return {"name": name, "source": source, "convention": convention, "options": options, "inputs": inputs,
            "value": value.item(), "gradient": gradient}


def dpo_case(loss_type, beta=0.1, label_smoothing=0.0, discopop_tau=0.05, divergence="reverse_kl"):
    options = {"loss_type": loss_type, "beta": beta, "label_smoothing": label_smoothing,
               "discopop_tau": discopop_tau, "f_divergence_type": divergence, "f_alpha_divergence_coef": 0.5}
    if divergence == "alpha_divergence":  # TRL rounds it to single precision
        assert loss_type == "sigmoid"
        value, gradient = by_formula(lambda c, r: -F.logsigmoid(beta * (alpha_score(c) - alpha_score(r))))
        source = "formula"
    else:
        value, gradient = trl_dpo(loss_type, options, divergence)
        source = "trl.DPOTrainer._compute_loss"
    return case(f"dpo.{loss_type}", source, "trl", options, INPUTS,
                value, {"chosen": gradient[0], "rejected": gradient[1]})


def openrlhf_case(loss_type, beta, label_smoothing):
    """openrlhf.models.loss.DPOLoss: sums throughout, label smoothing on the logistic loss."""
    losses = {"ipo": lambda c, r: (c - r - 1 / (2 * beta)) ** 2,
              "sigmoid": lambda c, r: -(1 - label_smoothing) * F.logsigmoid(beta * (c - r))
              - label_smoothing * F.logsigmoid(-beta * (c - r))}
    value, gradient = by_formula(losses[loss_type])
    options = {"loss_type": loss_type, "beta": beta, "label_smoothing": label_smoothing, "discopop_tau": 0.05,
               "f_divergence_type": "reverse_kl", "f_alpha_divergence_coef": 0.5}
    return case(f"dpo.{loss_type}", "formula", "openrlhf", options, INPUTS, value,
                {"chosen": gradient[0], "rejected": gradient[1]})


def averages():
    """Log-probs averaged over tokens, as SimPO, ORPO and TPO-L take them."""
    chosen = (CHOSEN.sum(1) / torch.tensor(CHOSEN_LENGTHS)).requires_grad_()
    rejected = (REJECTED.sum(1) / torch.tensor(REJECTED_LENGTHS).clamp(min=1)).clamp(max=-1 / 8).requires_grad_()
    return chosen, rejected


def cpo_case(loss_type, **options):
    options = {"beta": 0.5, "label_smoothing": 0.0, "simpo_gamma": 0.5, "alpha": 0.0} | options
    chosen, rejected = averages() if loss_type in ("ipo", "simpo") else terms()[:2]
    losses, _, _ = CPOTrainer.cpo_loss(fake_trainer(loss_type=loss_type, **options), chosen, rejected)
    gradients = torch.autograd.grad(losses.sum(), [chosen, rejected])
    return case(f"cpo.{loss_type}", "trl.CPOTrainer.cpo_loss", "trl", {"loss_type": loss_type} | options,
                {"chosen": chosen.tolist(), "rejected": rejected.tolist()}, losses.sum(),
                {"chosen": gradients[0].tolist(), "rejected": gradients[1].tolist()})


def tpo_case(loss_type, beta, label_smoothing, gamma):
    """TPOTrainer._compute_loss without its likelihood; the gradient per token of tpo-l and ipo is a completion's over its
    length, and the case is about the averages."""
    lengths = [max(1, n) for n in REJECTED_LENGTHS]
    leaf = torch.cat([CHOSEN, REJECTED]).requires_grad_()
    trainer = fake_trainer(loss_type=loss_type, beta=beta, label_smoothing=label_smoothing, tpo_alpha=0.0,
                           tpo_l_gamma=gamma)
    loss = with_logprobs(tpo_trainer, leaf, lambda model: tpo_trainer.TPOTrainer._compute_loss(
        trainer, model, packed_inputs([CHOSEN_LENGTHS, REJECTED_LENGTHS]), False)) * PAIRS
    (gradient,) = torch.autograd.grad(loss, leaf)
    chosen, rejected = per_completion(gradient)
    counts = (CHOSEN_LENGTHS, lengths) if loss_type in ("ipo", "tpo-l") else ([1] * PAIRS, [1] * PAIRS)
    inputs = {"chosen": (CHOSEN.sum(1) / torch.tensor(counts[0])).tolist(),
              "rejected": (REJECTED.sum(1) / torch.tensor(counts[1])).tolist(), "chosen_length": CHOSEN_LENGTHS,
              "rejected_length": REJECTED_LENGTHS}
    return case(f"tpo.{loss_type}", "trl.TPOTrainer._compute_loss", "trl",
                {"loss_type": loss_type, "beta": beta, "label_smoothing": label_smoothing, "tpo_l_gamma": gamma}, inputs,
                loss, {"chosen": [g * n for g, n in zip(chosen, counts[0])],
                       "rejected": [g * n for g, n in zip(rejected, counts[1])]})


def log1mexp(x):
    return torch.log(-torch.expm1(x))


def orpo_case(beta, chosen, rejected):
    chosen, rejected = torch.tensor(chosen).requires_grad_(), torch.tensor(rejected).requires_grad_()
    log_odds = (chosen - rejected) - (log1mexp(chosen) - log1mexp(rejected))
    value = -(beta * F.logsigmoid(log_odds)).sum()
    theirs, *_ = ORPOTrainer.odds_ratio_loss(fake_trainer(beta=beta), chosen, rejected)
    torch.testing.assert_close(value, -theirs.double().sum(), rtol=1e-5, atol=1e-6)  # single precision there
    gradients = torch.autograd.grad(value, [chosen, rejected])
    return case("orpo.odds_ratio", "formula", "trl", {"beta": beta},
                {"chosen": chosen.tolist(), "rejected": rejected.tolist()}, value,
                {"chosen": gradients[0].tolist(), "rejected": gradients[1].tolist()})


LABELS = [True, False, False, True, True, False]


def labelled_inputs(**more):
    return {"logprobs": INPUTS["chosen"], "reference": INPUTS["reference_chosen"], "desirable": LABELS} | more


def kto_case(loss_type, beta, desirable_weight, undesirable_weight):
    leaf = CHOSEN.clone().requires_grad_()
    kl_policy, kl_reference = draw(PAIRS, scale=2.0), draw(PAIRS, scale=2.0) - 1
    trainer = fake_trainer(precompute_ref_logps=True, calculate_KL=loss_type == "kto", loss_type=loss_type, beta=beta,
                           desirable_weight=desirable_weight, undesirable_weight=undesirable_weight)
    trainer._compute_kl_logps = lambda model, batch: kl_policy
    inputs = packed_inputs([CHOSEN_LENGTHS]) | {
        "label": torch.tensor(LABELS), "ref_logps": REFERENCE_CHOSEN.sum(1), "ref_KL_logps": kl_reference}
    loss = kto_trainer.KTOTrainer._compute_loss(trainer, model_of(leaf), inputs, False) * PAIRS
    (gradient,) = torch.autograd.grad(loss, leaf)
    return case(f"kto.{loss_type}", "trl.KTOTrainer._compute_loss", "trl",
                {"loss_type": loss_type, "beta": beta, "desirable_weight": desirable_weight,
                 "undesirable_weight": undesirable_weight},
                labelled_inputs(mismatched_ratio=(kl_policy - kl_reference).tolist()), loss,
                {"logprobs": gradient[:, 0].tolist()})


def bco_case(beta, seen):
    """BCOTrainer.bco_loss after it has seen other rewards: they and this batch's make the shift."""
    leaf = CHOSEN.sum(1).requires_grad_()
    desirable = torch.tensor(LABELS)
    trainer = fake_trainer(beta=beta, match_underlying_distribution=False)
    trainer.accelerator.use_distributed = False
    trainer.running = RunningMoments(trainer.accelerator)
    if seen:
        trainer.running.update(torch.tensor(seen))
    reference = REFERENCE_CHOSEN.sum(1)
    losses, _, _, delta = BCOTrainer.bco_loss(trainer, leaf[desirable], leaf[~desirable], reference[desirable],
                                              reference[~desirable], None, None)
    rewards = seen + (beta * (leaf - reference)).tolist()
    assert math.isclose(delta.item(), sum(rewards) / len(rewards), rel_tol=1e-5, abs_tol=1e-6)
    # TRL keeps the mean in single precision; the numbers are those of the exact one.
    delta, z = sum(rewards) / len(rewards), beta * (leaf - reference)
    exact = -F.logsigmoid(torch.where(desirable, z - delta, delta - z)).sum()
    torch.testing.assert_close(exact, losses.sum(), rtol=1e-5, atol=1e-6)
    (gradient,) = torch.autograd.grad(exact, leaf)
    return case("bco.bco", "formula", "trl", {"beta": beta}, labelled_inputs(seen_rewards=seen), exact,
                {"logprobs": gradient.tolist()})


def dpo_cases():
    plain = ["sigmoid", "sigmoid_norm", "hinge", "ipo", "nca_pair", "bco_pair", "sppo_hard", "aot", "aot_unpaired",
             "apo_zero", "apo_down", "discopop"]
    for loss_type in plain:
        for beta in (0.1, 0.5):
            yield dpo_case(loss_type, beta)
        if loss_type not in ("ipo", "sppo_hard"):
            yield dpo_case(loss_type, 0.0)
    for loss_type in ("exo_pair", "robust", "aot", "aot_unpaired"):
        for smoothing in (1 / 1024, 0.125):
            yield dpo_case(loss_type, 0.5, smoothing)
    yield dpo_case("discopop", 0.5, discopop_tau=1.0)
    for divergence in ("forward_kl", "js_divergence"):
        for loss_type in ("sigmoid", "sigmoid_norm", "hinge", "ipo"):
            yield dpo_case(loss_type, 0.1, divergence=divergence)
    yield dpo_case("sigmoid", 0.1, divergence="alpha_divergence")
    yield openrlhf_case("ipo", 0.1, 0.0)
    yield openrlhf_case("sigmoid", 0.5, 0.125)


def other_cases():
    for loss_type in ("sigmoid", "hinge", "ipo", "simpo"):
        yield cpo_case(loss_type)
    yield cpo_case("sigmoid", label_smoothing=0.125)
    yield cpo_case("simpo", label_smoothing=0.125, beta=2.0)
    yield cpo_case("simpo", alpha=0.25)
    yield cpo_case("simpo", alpha=-0.5)
    for loss_type in ("sigmoid", "hinge", "ipo", "tpo-l"):
        yield tpo_case(loss_type, 0.5, 0.0, 0.5)
    yield tpo_case("tpo-l", 2.0, 0.125, 0.25)
    chosen, rejected = averages()
    yield orpo_case(0.1, chosen.tolist(), rejected.tolist())
    # Nearly certain, nearly impossible, both sides of -log 2, equal.
    yield orpo_case(1.0, [-1e-6, -30.0, -0.69, -0.7, -1.0], [-20.0, -1e-3, -0.7, -0.69, -1.0])
    for beta, desirable, undesirable in ((0.1, 1.0, 1.0), (0.5, 1.25, 0.75), (0.0, 1.0, 1.0)):
        yield kto_case("kto", beta, desirable, undesirable)
        yield kto_case("apo_zero_unpaired", beta, desirable, undesirable)
    yield bco_case(0.1, [])
    yield bco_case(0.5, [0.5, -0.25, 1.0])


if __name__ == "__main__":
    goldens = {
        "made_by": f"tools/goldens/preference_losses.py with torch {torch.__version__} and trl {trl.__version__}",
        "cases": [*dpo_cases(), *other_cases()],
    }
    path = Path(__file__).parents[2] / "tests/goldens/preference_losses.json"
    path.write_text(json.dumps(goldens) + "\n")
    print(f"{path}: {path.stat().st_size} bytes, {len(goldens['cases'])} cases")
