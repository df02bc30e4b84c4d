"""verl's advantages and policy losses; its own functions are run where its source is given."""

from collections import defaultdict
from types import SimpleNamespace

import numpy
import torch
from rollout_batches import (
    TYPING, WIDTH, agree, arguments, batch, clip_terms, draw, functions_of, inside_trust_region, loss_case, masked_mean,
)


def masked_whiten(values, mask, shift_mean=True):
    chosen = values[mask.bool()]
    return (values - chosen.mean()) * torch.rsqrt(chosen.var(unbiased=True) + 1e-8)


HELPERS = SimpleNamespace(
    masked_mean=masked_mean, masked_whiten=masked_whiten, masked_sum=lambda x, m, axis=None: (x * m).sum(axis),
    clip_by_value=lambda x, low, high: torch.maximum(torch.minimum(x, high), low),
)
VERL = functions_of(
    arguments.verl,
    {"torch": torch, "np": numpy, "verl_F": HELPERS, "defaultdict": defaultdict, "ActorConfig": SimpleNamespace,
     "AlgoConfig": type("AlgoConfig", (), {}), "DictConfig": dict, **TYPING},
)


def verl_advantages(rewards, group, estimator, by_std=True):
    advantages = []
    for g in rewards.view(-1, group):
        if estimator == "rloo":
            advantages.append(g if group == 1 else (g - g.mean()) * group / (group - 1))
        else:
            mean, std = (g.mean(), g.std()) if group > 1 else (0.0, torch.tensor(1.0))
            advantages.append((g - mean) / (std + 1e-6) if by_std else g - mean)
    advantages = torch.cat(advantages)
    if VERL:
        call = VERL.compute_rloo_outcome_advantage if estimator == "rloo" else VERL.compute_grpo_outcome_advantage
        index = numpy.arange(len(rewards)) // group
        more = {} if estimator == "rloo" else {"norm_adv_by_std_in_grpo": by_std}
        theirs, _ = call(rewards[:, None].clone(), torch.ones(len(rewards), 1), index, **more)
        agree(advantages, theirs[:, 0])
    return advantages


def verl_reward_advantages(rewards, group, weights, mask):
    """GDPO: the advantages of each reward [B, K], summed by weight, then whitened over all tokens of the rollout."""
    summed = sum(w * verl_advantages(column, group, "grpo") for w, column in zip(weights, rewards.T))
    advantages = masked_whiten(summed[:, None].expand_as(mask), mask)[:, 0]
    if VERL:
        names = [f"reward_{k}" for k in range(rewards.shape[1])]
        theirs, _ = VERL.compute_gdpo_outcome_advantage(
            torch.zeros_like(mask), mask, numpy.arange(len(rewards)) // group,
            config={"gdpo_reward_keys": names, "gdpo_reward_weights": weights.tolist()},
            non_tensor_batch=dict(zip(names, rewards.T.numpy())),
            batch={"prompts": torch.zeros(len(rewards), 1), "attention_mask": torch.cat([torch.ones(len(rewards), 1), mask], 1).long()},
        )
        agree(advantages, theirs[:, 0], 1e-5)  # in single precision there
    return advantages


def verl_average(terms, mask, mode):
    lengths = mask.sum(-1)
    sums = (terms * mask).sum(-1)
    return {
        "token-mean": lambda: sums.sum() / mask.sum(),
        "seq-mean-token-sum": lambda: sums.sum() / (lengths > 0).sum(),
        "seq-mean-token-mean": lambda: (sums / (lengths + 1e-8)).sum() / (lengths > 0).sum(),
        "seq-mean-token-sum-norm": lambda: sums.sum() / (lengths > 0).sum() / WIDTH,
    }[mode]()


def verl_case(what, kind="vanilla", mode="token-mean", low=0.2, high=0.2, dual=3.0, empty=False, kl=None, beta=0.0,
              certain=False):
    b = batch(empty, kind.startswith("dppo"), certain)
    advantages = b.advantages[:, None].expand_as(b.mask)
    lengths = b.mask.sum(-1)
    if kind == "sapo":
        mode = "seq-mean-token-mean"
    if kind == "gspo":
        of_sequence = ((b.new - b.old) * b.mask).sum(-1) / lengths.clamp(min=1)
        ratio = (b.new - b.new.detach() + of_sequence.detach()[:, None]).clamp(max=10).exp()
    else:
        ratio = (b.new - b.old).clamp(-20, 20).exp()
    if kind == "cispo":
        terms = -ratio.clamp(1 - low, 1 + high).detach() * advantages * b.new
    elif kind == "sapo":
        t = torch.where(advantages > 0, 1.0, 1.05)
        terms = -torch.sigmoid(t * (ratio - 1)) * (4 / t) * advantages
    elif kind.startswith("dppo"):
        keep = inside_trust_region(kind, b.new, b.old, advantages, low, high)
        assert ((keep == 0) & (b.mask > 0) & (advantages != 0)).any()
        terms = -ratio.clamp(max=dual).detach() * advantages * keep * b.new
    else:
        terms = clip_terms(ratio, advantages, low, high)
        if kind == "vanilla":
            terms = torch.where(advantages < 0, torch.minimum(terms, -dual * advantages), terms)
    loss = verl_average(terms, b.mask, mode)
    if VERL:
        config = SimpleNamespace(clip_ratio=low, clip_ratio_low=low, clip_ratio_high=high, tau_pos=1.0, tau_neg=1.05,
                                 global_batch_info={})
        config.get = lambda name, default: dual
        theirs, _ = getattr(VERL, "compute_policy_loss_" + kind)(b.old, b.new, advantages, b.mask, mode, config)
        agree(loss, theirs, 1e-8)
        agree(torch.autograd.grad(loss, b.new, retain_graph=True)[0], torch.autograd.grad(theirs, b.new, retain_graph=True)[0], 1e-8)
    if kl:
        x = b.new - b.reference
        plain_kl = {"k1": x, "k2": x**2 / 2, "k3": ((-x).exp() + x - 1).clamp(-10, 10)}[kl.rstrip("+")]
        if kl.endswith("+"):
            carrier = x**2 / 2
            plain_kl = carrier - carrier.detach() + plain_kl.detach()
        if VERL:
            theirs = VERL.kl_penalty(b.new, b.reference, kl)
            agree(plain_kl, theirs)
            agree(*(torch.autograd.grad(each.sum(), b.new, retain_graph=True)[0] for each in (plain_kl, theirs)))
        loss = loss + beta * verl_average(plain_kl, b.mask, mode)
    return loss_case(
        "verl", what, b, loss, surrogate=kind if kind in ("cispo", "sapo", "dppo_tv", "dppo_kl") else "clip",
        level="sequence" if kind == "gspo" else "token", epsilon=low, epsilon_high=high, delta=dual if kind in ("vanilla", "dppo_tv", "dppo_kl") else None,
        log_ratio_limit=10 if kind == "gspo" else 20, cispo_range="both", beta=beta, kl_estimator=kl or "k3",
        kl_limit=10 if kl == "k3" else 0, tokens_per_completion=WIDTH,
        loss_type={"token-mean": "dapo", "seq-mean-token-sum": "luspo", "seq-mean-token-mean": "grpo",
                   "seq-mean-token-sum-norm": "dr_grpo"}[mode],
    )


def verl_value_case(what, cliprange):
    """The critic's loss of one optimizer step, cut into two micro-batches: their sums over the step's tokens."""
    b = batch()
    values, returns = (b.old + draw(*b.mask.shape, scale=0.6)).requires_grad_(), b.old + draw(*b.mask.shape, scale=0.6)
    near = torch.maximum(torch.minimum(values, b.old + cliprange), b.old - cliprange)
    terms = 0.5 * torch.maximum((values - returns) ** 2, (near - returns) ** 2)
    loss = (terms * b.mask).sum() / b.mask.sum()
    (gradient,) = torch.autograd.grad(loss, values, retain_graph=True)
    if VERL:
        theirs = sum(
            VERL.compute_value_loss(values[rows], returns[rows], b.old[rows], b.mask[rows], cliprange, "token-mean",
                                    batch_num_tokens=b.mask.sum())[0]
            for rows in (slice(0, 3), slice(3, None))
        )
        agree(loss, theirs)
        agree(gradient, torch.autograd.grad(theirs, values)[0])
    flat = lambda x: x.detach()[b.mask.bool()].tolist()
    return {
        "kind": "value_loss", "convention": "verl", "what": what, "cliprange_value": cliprange,
        "micro_batches": [int(b.mask[:3].sum()), int(b.mask[3:].sum())], "values": flat(values), "old_values": flat(b.old),
        "returns": flat(returns), "loss": loss.item(), "gradient": flat(gradient),
    }
