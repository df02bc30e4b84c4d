"""TRL's advantages and policy losses, its own lines run on the same input."""

from collections import defaultdict
from types import SimpleNamespace

import torch
from rollout_batches import LENGTHS, NAN, WIDTH, agree, batch, clip_terms, inside_trust_region, k3, lines_of, loss_case
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.rloo_trainer import RLOOTrainer
from trl_with_ppo import module_of_trl_with_dppo, module_of_trl_with_ppo

ppo_trainer = module_of_trl_with_ppo("trl.experimental.ppo.ppo_trainer")
DPPOTrainer = module_of_trl_with_dppo("trl.experimental.dppo.dppo_trainer").DPPOTrainer


def nan_moments(x):
    known = x[~x.isnan()]
    return known.mean(), known.std(unbiased=True) if len(known) > 1 else torch.tensor(0.0)


def trl_group_advantages(rewards, group, scale):
    advantages = rewards.clone()
    for begin in range(0, len(rewards), group):
        mean, std = nan_moments(rewards[begin : begin + group])
        if scale == "batch":
            std = nan_moments(rewards)[1]
        difference = rewards[begin : begin + group] - mean
        advantages[begin : begin + group] = difference if scale == "none" else difference / (std + 1e-4)
    theirs = lines_of(
        GRPOTrainer._generate_and_score_completions, "unscorable_mask = torch.isnan", "# Slice to keep only", device="cpu",
        num_generations=group, rewards_per_func=rewards[:, None].clone(),
        self=SimpleNamespace(
            multi_objective_aggregation="sum_then_normalize", reward_weights=torch.ones(1), scale_rewards=scale
        ),
    )
    advantages = advantages.nan_to_num(0.0)
    agree(advantages, theirs.advantages)
    return advantages


def trl_reward_advantages(rewards, group, weights):
    """GDPO: each reward [B, K] normalised in its group, then summed by weight, then normalised over the batch. A reward that
    cannot be compared there (NaN, or alone) counts 0; a completion without any reward takes no part."""
    normalised = torch.full_like(rewards, NAN)
    for begin in range(0, len(rewards), group):
        for k in range(rewards.shape[1]):
            mine = rewards[begin : begin + group, k]
            known = mine[~mine.isnan()]
            if len(known) > 1:
                normalised[begin : begin + group, k] = (mine - known.mean()) / (known.std() + 1e-4)
    summed = (normalised.nan_to_num(0.0) * weights).sum(1)
    summed[rewards.isnan().all(1)] = NAN
    mean, std = nan_moments(summed)
    advantages = ((summed - mean) / (std + 1e-4)).nan_to_num(0.0)
    theirs = lines_of(
        GRPOTrainer._generate_and_score_completions, "unscorable_mask = torch.isnan", "# Slice to keep only", device="cpu",
        num_generations=group, rewards_per_func=rewards.clone(),
        self=SimpleNamespace(
            multi_objective_aggregation="normalize_then_sum", reward_weights=weights, reward_funcs=[None] * rewards.shape[1]
        ),
    )
    agree(advantages, theirs.advantages)
    return advantages


def trl_rloo_advantages(rewards, group, normalize):
    advantages = torch.full_like(rewards, NAN)
    for i in range(len(rewards)):
        begin = i - i % group
        others = torch.cat([rewards[begin:i], rewards[i + 1 : begin + group]])
        if not others.isnan().all():
            advantages[i] = rewards[i] - others.nanmean()
    if normalize:
        mean, std = nan_moments(advantages)
        advantages = (advantages - mean) / (std + 1e-4)
    advantages = advantages.nan_to_num(0.0)
    theirs = lines_of(
        RLOOTrainer._generate_and_score_completions, "unscorable_mask = torch.isnan", "is_std_zero", gather=lambda x: x,
        num_generations=group, rewards_per_func=rewards[:, None].clone(), device="cpu",
        self=SimpleNamespace(reward_weights=torch.ones(1), reward_clip_range=None, beta=0.0, normalize_advantages=normalize),
    )
    agree(advantages, theirs.advantages)
    return advantages


def trl_ppo_advantages(logprobs, reference, scores, values, mask, gamma, lam, kl_coef):
    """The lines of PPOTrainer.train: advantages and returns of every token, padded."""
    indices, ends = torch.arange(mask.shape[1])[None, :], torch.tensor(LENGTHS)[:, None] - 1
    return lines_of(
        ppo_trainer.PPOTrainer.train, "logr = ref_logprobs", "empty_cache()", device="cpu",
        args=SimpleNamespace(kl_estimator="k1", kl_coef=kl_coef, gamma=gamma, lam=lam, whiten_rewards=False),
        logprobs=logprobs.masked_fill(mask == 0, 1.0), ref_logprobs=reference.masked_fill(mask == 0, 1.0), scores=scores,
        responses=logprobs, sequence_lengths=ends[:, 0], sequence_lengths_p1=ends[:, 0] + 1,
        values=values.masked_fill(indices > ends + 1, 0.0), padding_mask=indices > ends, padding_mask_p1=indices > ends + 1,
    )


def trl_case(what, loss_type, empty=False, level="token", epsilon=0.2, epsilon_high=None, delta=None, beta=0.0,
             bias_correction=False, rollout_tokens=None):
    """`rollout_tokens`: this batch is one of the two optimizer steps of a rollout that has so many."""
    b = batch(empty)
    high = epsilon if epsilon_high is None else epsilon_high
    lengths = b.mask.sum(-1)
    ratio = (b.new - b.old).exp()
    if level == "sequence":
        ratio = (((b.new - b.old) * b.mask).sum(-1) / lengths.clamp(min=1)).exp()[:, None].expand_as(b.mask)
    advantages = b.advantages[:, None]
    if loss_type == "cispo":
        terms = -ratio.clamp(max=high).detach() * advantages * b.new
    elif loss_type == "sapo":
        t = torch.where(advantages > 0, 1.0, 1.05)
        terms = -4 / t * torch.sigmoid(t * (ratio - 1)) * advantages
    else:
        terms = clip_terms(ratio, advantages, epsilon, high, delta)
    if beta:
        terms = terms + beta * k3(b) * (ratio if bias_correction else 1)
    terms = terms * b.mask
    size, tokens = len(LENGTHS), b.mask.sum() if rollout_tokens is None else torch.tensor(rollout_tokens / 2)
    loss = {
        "grpo": lambda: (terms.sum(-1) / lengths.clamp(min=1)).mean(), "sapo": lambda: (terms.sum(-1) / lengths.clamp(min=1)).mean(),
        "dapo": lambda: terms.sum() / tokens, "bnpo": lambda: terms.sum() / tokens, "cispo": lambda: terms.sum() / tokens,
        "dr_grpo": lambda: terms.sum() / (size * WIDTH), "luspo": lambda: terms.sum(-1).mean(),
    }[loss_type]()
    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (b.new, torch.zeros_like(b.new), None), model=SimpleNamespace(training=True),
        aux_loss_enabled=False, top_entropy_quantile=1.0, off_policy_mask_threshold=None, importance_sampling_level=level,
        beta=beta, loss_type=loss_type, epsilon_low=epsilon, epsilon_high=high, use_vllm=False, use_adaptive_entropy=False,
        vllm_importance_sampling_correction=False, current_gradient_accumulation_steps=1, max_completion_length=WIDTH,
        _entropy_bonus_enabled=False, _metrics=defaultdict(lambda: defaultdict(list)),
        accelerator=SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x),
        args=SimpleNamespace(use_bias_correction_kl=bias_correction, delta=delta, sapo_temperature_pos=1.0,
                             sapo_temperature_neg=1.05, steps_per_generation=1 if rollout_tokens is None else 2),
    )
    ids = torch.zeros_like(b.mask).long()
    theirs = GRPOTrainer._compute_loss(trainer, None, {
        "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": b.mask, "advantages": b.advantages,
        "old_per_token_logps": b.old, "ref_per_token_logps": b.reference,
        "num_items_in_batch": tokens if rollout_tokens is None else torch.tensor(rollout_tokens),
    })
    agree(loss, theirs)
    agree(torch.autograd.grad(loss, b.new, retain_graph=True)[0], torch.autograd.grad(theirs, b.new, retain_graph=True)[0])
    surrogate = loss_type if loss_type in ("cispo", "sapo") else "clip"
    filled = (lengths > 0).sum().item()
    return loss_case(
        "trl", what, b, loss, surrogate=surrogate, level=level, epsilon=epsilon, epsilon_high=epsilon_high, delta=delta, beta=beta,
        kl_estimator="k3", bias_correction=bias_correction, tokens_per_completion=WIDTH,
        count_scale=size / filled if rollout_tokens is None else (tokens / b.mask.sum()).item(),
        loss_type={"cispo": "dapo", "sapo": "grpo"}.get(loss_type, loss_type),
    )


def trl_rloo_case(what):
    b = batch()
    ratio = (((b.new - b.old) * b.mask).sum(-1)).exp()
    loss = clip_terms(ratio, b.advantages, 0.2, 0.2).mean()
    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (b.new, torch.zeros_like(b.new), None), model=SimpleNamespace(training=True),
        aux_loss_enabled=False, epsilon_low=0.2, epsilon_high=0.2, _metrics=defaultdict(lambda: defaultdict(list)),
        accelerator=SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x),
    )
    ids = torch.zeros_like(b.mask).long()
    theirs = RLOOTrainer._compute_loss(trainer, None, {
        "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": b.mask, "advantages": b.advantages,
        "old_logps": (b.old * b.mask).sum(-1),
    })
    agree(loss, theirs)
    agree(torch.autograd.grad(loss, b.new, retain_graph=True)[0], torch.autograd.grad(theirs, b.new, retain_graph=True)[0])
    return loss_case("trl", what, b, loss, surrogate="clip", level="sequence_product", epsilon=0.2, beta=0.0, loss_type="grpo")


def trl_dppo_case(what, divergence, epsilon, epsilon_high, cap=20.0, beta=0.0, certain=False):
    b = batch(proper=True, certain=certain)
    advantages = b.advantages[:, None]
    keep = inside_trust_region(divergence, b.new, b.old, advantages, epsilon, epsilon_high)
    assert ((keep == 0) & (b.mask > 0) & (advantages != 0)).any()
    terms = -(b.new - b.old).exp().clamp(max=cap).detach() * advantages * keep * b.new
    if beta:
        terms = terms + beta * k3(b)
    loss = (terms * b.mask).sum() / b.mask.sum()
    trainer = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (b.new, torch.zeros_like(b.new), None), model=SimpleNamespace(training=True),
        divergence_type=divergence.replace("dppo", "binary"), epsilon_low=epsilon, epsilon_high=epsilon_high, clip_ratio_c=cap, beta=beta,
        _compute_divergence_mask=lambda *a, **k: DPPOTrainer._compute_divergence_mask(trainer, *a, **k),
        _metrics=defaultdict(lambda: defaultdict(list)), accelerator=SimpleNamespace(num_processes=1, gather=lambda x: x),
    )
    ids = torch.zeros_like(b.mask).long()
    theirs = DPPOTrainer._compute_loss(trainer, None, {
        "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": b.mask, "advantages": b.advantages,
        "sampling_per_token_logps": b.old, "ref_per_token_logps": b.reference, "num_items_in_batch": b.mask.sum(),
    })
    agree(loss, theirs)
    agree(torch.autograd.grad(loss, b.new, retain_graph=True)[0], torch.autograd.grad(theirs, b.new, retain_graph=True)[0])
    return loss_case(
        "trl", what, b, loss, surrogate=divergence, level="token", epsilon=epsilon, epsilon_high=epsilon_high, delta=cap, beta=beta,
        kl_estimator="k3", loss_type="dapo",
    )
