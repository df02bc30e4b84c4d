"""OpenRLHF's advantages and policy losses; its own functions are run where its source is given."""

from pathlib import Path

import torch
from rollout_batches import TYPING, agree, arguments, batch, clip_terms, functions_of, loss_case, masked_mean

OPENRLHF = functions_of(
    arguments.openrlhf,
    {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "masked_mean": masked_mean, **TYPING},
)
UTILS = arguments.openrlhf and functions_of(
    Path(arguments.openrlhf).with_name("utils.py"), {"torch": torch, "F": torch.nn.functional, **TYPING}
)


def openrlhf_advantages(rewards, group, estimator):
    grouped = rewards.view(-1, group)
    if estimator == "rloo":
        return (grouped - (grouped.sum(-1, keepdim=True) - grouped) / (group - 1)).flatten()
    centred = grouped - grouped.mean(-1, keepdim=True)
    return (centred / (grouped.std(-1, keepdim=True) + 1e-9) if estimator == "group_norm" else centred).flatten()


def openrlhf_case(what, kind="ppo", low=0.2, high=0.2, dual=None, token_level=True, empty=False, kl=None, beta=0.0, far=False):
    b = batch(empty)
    if far:  # exp of the log-ratio overflows
        b.reference[0, 1] = b.new[0, 1].detach() + 1000
        b.reference[2, 3] = b.new[2, 3].detach() - 1000
    advantages = b.advantages[:, None].expand_as(b.mask)
    lengths = b.mask.sum(-1)
    log_ratio = (b.new - b.old).clamp(-20, 20)
    if kind == "gspo":
        log_ratio = (((b.new - b.old) * b.mask).sum(-1) / lengths.clamp(min=1))[:, None].expand_as(b.mask)
    terms = clip_terms(log_ratio.exp(), advantages, low, high)
    if dual is not None:
        terms = torch.where(advantages < 0, torch.minimum(terms, -dual * advantages), terms)
    if kind == "gspo" or not token_level:
        average = lambda x: ((x * b.mask).sum(-1) / (lengths + 1e-8)).sum() / (lengths > 0).sum()
    else:
        average = lambda x: (x * b.mask).sum() / b.mask.sum()
    loss = average(terms)
    if OPENRLHF:
        call = OPENRLHF.PolicyLoss(low, high, dual, token_level, kind)
        agree(loss, call(b.new, b.old, advantages, b.mask)[0], 1e-8)
    if kl:
        x = b.new - b.reference
        estimate = {"k1": x, "k2": x**2 / 2, "k3": (-x.clamp(min=-10)).exp() - 1 + x.clamp(min=-10)}[kl].clamp(-10, 10)
        if UTILS:  # in single precision there
            theirs = UTILS.compute_approx_kl(b.new, b.reference, kl_estimator=kl)
            agree(estimate, theirs, 1e-5)
            agree(*(torch.autograd.grad(each.sum(), b.new, retain_graph=True)[0] for each in (estimate, theirs)), 1e-5)
        loss = loss + beta * average(estimate)
    return loss_case(
        "openrlhf", what, b, loss, surrogate="clip", level="sequence" if kind == "gspo" else "token", epsilon=low,
        epsilon_high=high, delta=dual, log_ratio_limit=20 if kind == "ppo" else 0, beta=beta, kl_estimator=kl or "k3", kl_limit=10,
        loss_type="grpo" if kind == "gspo" or not token_level else "dapo",
    )
