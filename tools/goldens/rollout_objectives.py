"""Writes tests/goldens/rollout_objectives.json: advantages and policy losses by the conventions of TRL, OpenRLHF and verl.

Every number is computed in double precision from that framework's formula on padded batches with masks, as the frameworks
hold them; nudge holds no padding. The own lines of TRL 1.16 (PPO: 1.12, DPPO: 1.8, the last that have them) are run on the same
input and must agree. The sources of the other two are used in the same way where they are given:

    pip install trl==1.16.0 datasets accelerate requests torch
    TRL_WITH_PPO=FOLDER TRL_WITH_DPPO=OTHER python -P tools/goldens/rollout_objectives.py [--openrlhf loss.py] [--verl core_algos.py] [--nemo_rl FOLDER]

tools/goldens/trl_with_ppo.py says how to get the two folders. The two files are openrlhf/models/loss.py (utils.py beside it) of OpenRLHF
0.11.2 and verl/trainer/ppo/core_algos.py of verl 0.9.1 (gspo differs in 0.8), out of the wheels that
`pip download --no-deps openrlhf==0.11.2 verl==0.9.1` gets; FOLDER is a checkout of NVIDIA-NeMo/RL at 7ea279a (on PyPI there is none).
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
import trl

sys.path.append(str(Path(__file__).parent))  # last: tokenizers.py beside it is not the package
from rollout_batches import GROUP, LENGTHS, MASK, NAN, agree, draw, plain, returns_to_go
from rollout_nemo_rl import nemo_advantages, nemo_case, policy_lambda
from rollout_openrlhf import openrlhf_advantages, openrlhf_case
from rollout_trl import (
    trl_case, trl_dppo_case, trl_group_advantages, trl_ppo_advantages, trl_reward_advantages, trl_rloo_advantages, trl_rloo_case,
)
from rollout_verl import VERL, verl_advantages, verl_case, verl_reward_advantages, verl_value_case


def advantage_case(convention, what, rewards, group, advantages, **options):
    return {
        "kind": "advantages", "convention": convention, "what": what, "rewards": plain(rewards), "group_size": group,
        "advantages": advantages.tolist(), **options,
    }


def advantage_cases():
    mixed = draw(8, scale=2)
    flat = torch.cat([torch.full((4,), 0.5), draw(4)])
    holes = mixed.clone()
    holes[[1, 4, 5, 6]] = NAN
    lost = mixed.clone()
    lost[:4] = NAN
    for name, rewards in {"": mixed, ", equal rewards": flat, ", NaN rewards": holes, ", a group of NaN": lost}.items():
        for scale in ("group", "batch", "none"):
            yield advantage_case(
                "trl", f"GRPO, scale_rewards {scale}{name}", rewards, GROUP, trl_group_advantages(rewards, GROUP, scale),
                baseline="group", scale_rewards=scale, epsilon=1e-4,
            )
        for normalize in (False, True):
            yield advantage_case(
                "trl", f"RLOO{', normalized' if normalize else ''}{name}", rewards, GROUP,
                trl_rloo_advantages(rewards, GROUP, normalize), baseline="leave_one_out", scale_rewards="none", epsilon=1e-4,
                normalize="sequences" if normalize else "none",
            )
    for name, rewards in {"": mixed, ", equal rewards": flat}.items():
        yield advantage_case(
            "openrlhf", f"group_norm{name}", rewards, GROUP, openrlhf_advantages(rewards, GROUP, "group_norm"),
            baseline="group", scale_rewards="group", epsilon=1e-9,
        )
        yield advantage_case(
            "openrlhf", f"dr_grpo, reinforce_baseline{name}", rewards, GROUP, openrlhf_advantages(rewards, GROUP, "dr_grpo"),
            baseline="group", scale_rewards="none", epsilon=1e-9,
        )
        yield advantage_case(
            "openrlhf", f"rloo{name}", rewards, GROUP, openrlhf_advantages(rewards, GROUP, "rloo"),
            baseline="leave_one_out", scale_rewards="none", epsilon=1e-9,
        )
        for group in (GROUP, 1):
            size = f", groups of {group}"
            yield advantage_case(
                "verl", f"grpo{size}{name}", rewards, group, verl_advantages(rewards, group, "grpo"), baseline="group",
                scale_rewards="group", epsilon=1e-6, lone_completion="reward",
            )
            yield advantage_case(
                "verl", f"grpo without std{size}{name}", rewards, group, verl_advantages(rewards, group, "grpo", False),
                baseline="group", scale_rewards="none", epsilon=1e-6, lone_completion="reward",
            )
            yield advantage_case(
                "verl", f"rloo{size}{name}", rewards, group, verl_advantages(rewards, group, "rloo"),
                baseline="leave_one_out", scale_rewards="none", epsilon=1e-6, lone_completion="reward",
            )


def token_case(convention, what, gamma, beta, whitening):
    """REINFORCE++: -beta k1 at each token, the score at the last, summed from the end, whitened over all tokens."""
    kl, scores = draw(*MASK.shape, scale=0.3) * MASK, draw(len(LENGTHS))
    rewards = -beta * kl
    for i, n in enumerate(LENGTHS):
        rewards[i, n - 1] += scores[i]
    returns = returns_to_go(rewards, gamma)
    chosen = returns[MASK.bool()]
    if whitening == "biased":
        advantages = (returns - chosen.mean()) * chosen.var(unbiased=False).clamp(min=1e-8).rsqrt()
    else:
        advantages = (returns - chosen.mean()) * torch.rsqrt(chosen.var(unbiased=True) + 1e-8)
    if VERL and whitening == "unbiased":
        theirs, _ = VERL.compute_reinforce_plus_plus_outcome_advantage(
            rewards.clone(), MASK, config=SimpleNamespace(gamma=gamma)
        )
        agree(advantages * MASK, theirs)
    rows = lambda x: [row[:n].tolist() for row, n in zip(x, LENGTHS)]
    return {
        "kind": "token_advantages", "convention": convention, "what": what, "gamma": gamma, "beta": beta,
        "scores": scores.tolist(), "kl": rows(kl), "whitening": whitening, "advantages": rows(advantages),
    }


def token_cases():
    yield token_case("openrlhf", "reinforce (REINFORCE++)", 1.0, 0.05, "biased")
    yield token_case("openrlhf", "reinforce, gamma 0.95", 0.95, 0.05, "biased")
    yield token_case("verl", "reinforce_plus_plus", 1.0, 0.05, "unbiased")
    yield token_case("verl", "reinforce_plus_plus, gamma 0.95", 0.95, 0.05, "unbiased")


def ppo_case(convention, what, gamma, lam, kl_coef, lam_value=None, alpha=None):
    """TRL gives the score one step after the end, where the value model sees one more state; whitening differs too. `lam_value`:
    the returns' own lambda; `alpha`: the advantages' lambda follows the length."""
    width = max(LENGTHS)
    mask = MASK[:, :width]
    logprobs, reference = -draw(*mask.shape).abs(), -draw(*mask.shape).abs()
    scores, all_values = draw(len(LENGTHS)), draw(*mask.shape)
    more = [int(convention == "trl" and n < width) for n in LENGTHS]
    steps = [n + m for n, m in zip(LENGTHS, more)]
    advantages, returns = [], []
    for i, (n, length) in enumerate(zip(LENGTHS, steps)):
        kl = logprobs[i, :n] - reference[i, :n]
        rewards = torch.cat([-kl_coef * (kl.clamp(-10, 10) if convention == "openrlhf" else kl), torch.zeros(more[i])])
        rewards[-1] += scores[i]
        values = torch.cat([all_values[i, :length], torch.zeros(1)])
        delta = rewards + gamma * values[1:] - values[:-1]
        estimate = lambda lam: torch.stack([sum((gamma * lam) ** (s - t) * delta[s] for s in range(t, length)) for t in range(length)])
        advantages.append(estimate(lam if alpha is None else policy_lambda(n, alpha))[:n])
        returns.append(estimate(lam if lam_value is None else lam_value) + values[:-1])
    flat = torch.cat(advantages)
    biased = convention == "openrlhf"
    scale = flat.var(unbiased=False).clamp(min=1e-8).rsqrt() if biased else (flat.var(unbiased=True) + 1e-8).rsqrt()
    advantages = [(a - flat.mean()) * scale for a in advantages]
    if convention == "trl":
        theirs = trl_ppo_advantages(logprobs, reference, scores, all_values, mask, gamma, lam, kl_coef)
        for i, n in enumerate(LENGTHS):
            agree(advantages[i], theirs.advantages[i, :n])
            agree(returns[i], theirs.returns[i, : steps[i]])
    if VERL and convention == "verl":
        rewards = -kl_coef * (logprobs - reference) * mask
        rewards[torch.arange(len(LENGTHS)), torch.tensor(LENGTHS) - 1] += scores
        theirs, their_returns = VERL.compute_gae_advantage_return(rewards, all_values * mask, mask, gamma, lam)
        for i, n in enumerate(LENGTHS):
            agree(advantages[i], theirs[i, :n])
            agree(returns[i], their_returns[i, :n])
    if convention == "nemo_rl":
        if VERL:  # a lambda for each sequence works there too
            rewards = -kl_coef * (logprobs - reference) * mask
            rewards[torch.arange(len(LENGTHS)), torch.tensor(LENGTHS) - 1] += scores
            each = torch.tensor([lam if alpha is None else policy_lambda(n, alpha) for n in LENGTHS])
            agree(torch.cat(advantages), VERL.compute_gae_advantage_return(rewards, all_values * mask, mask, gamma, each)[0][mask.bool()])
        theirs = nemo_advantages(logprobs, reference, scores, all_values * mask, mask, gamma, lam, lam_value, alpha, kl_coef)
        if theirs:
            agree(torch.cat(advantages), theirs[0][mask.bool()], 1e-6)  # its lambda is single, its means divide by 1e-8 more
            agree(torch.cat(returns), theirs[1][mask.bool()])
    rows = lambda x, lengths: [row[:n].tolist() for row, n in zip(x, lengths)]
    more_options = {name: value for name, value in (("lambda_value", lam_value), ("length_adaptive_alpha", alpha)) if value is not None}
    return {
        "kind": "ppo_advantages", **more_options, "convention": convention, "what": what, "gamma": gamma, "lambda": lam, "kl_coef": kl_coef,
        "kl_limit": 10 if biased else 0, "whitening": "biased" if biased else "unbiased", "logprobs": rows(logprobs, LENGTHS),
        "reference_logprobs": rows(reference, LENGTHS), "values": rows(all_values, steps), "scores": scores.tolist(),
        "after_end": [bool(m) for m in more], "advantages": [a.tolist() for a in advantages],
        "returns": [r.tolist() for r in returns],
    }


def ppo_cases():
    yield ppo_case("trl", "PPO, the score after the end, one more value", 1.0, 0.95, 0.05)
    yield ppo_case("trl", "PPO, gamma 0.97", 0.97, 0.9, 0.2)
    yield ppo_case("openrlhf", "gae, biased variance", 1.0, 1.0, 0.01)
    yield ppo_case("verl", "gae", 1.0, 1.0, 0.001)
    yield ppo_case("verl", "gae, gamma 0.97", 0.97, 0.9, 0.2)


def loss_cases():
    for loss_type in ("grpo", "dapo", "bnpo", "dr_grpo", "luspo"):
        yield trl_case(f"loss_type {loss_type}", loss_type, level="sequence" if loss_type == "luspo" else "token")
    yield trl_case("loss_type grpo, beta 0.04", "grpo", beta=0.04)
    yield trl_case("loss_type dapo, beta 0.04, use_bias_correction_kl", "dapo", beta=0.04, bias_correction=True)
    yield trl_case("loss_type dapo, epsilon_high 0.28, delta 1.5", "dapo", epsilon_high=0.28, delta=1.5)
    yield trl_case("loss_type grpo, importance_sampling_level sequence (GSPO)", "grpo", level="sequence", epsilon=3e-4, epsilon_high=4e-4)
    yield trl_case("loss_type cispo", "cispo", epsilon_high=5.0)
    yield trl_case("loss_type cispo, a low cap", "cispo", epsilon_high=1.1)
    yield trl_case("loss_type sapo", "sapo")
    yield trl_case("loss_type grpo, an empty completion", "grpo", empty=True)
    yield trl_case("loss_type dr_grpo, an empty completion", "dr_grpo", empty=True)
    yield trl_case("loss_type dapo, one of 2 steps_per_generation", "dapo", rollout_tokens=90)
    yield trl_case("loss_type grpo, sequence level, beta 0.04, use_bias_correction_kl", "grpo", level="sequence", beta=0.04, bias_correction=True)
    yield trl_rloo_case("RLOO, the ratio of the whole completion")
    yield openrlhf_case("ppo, token mean")
    yield openrlhf_case("ppo, sequence mean", token_level=False)
    yield openrlhf_case("ppo, sequence mean, an empty completion", token_level=False, empty=True)
    yield openrlhf_case("ppo, eps_clip_low_high 0.2 0.28, dual_clip 1.5", high=0.28, dual=1.5)
    yield openrlhf_case("gspo", kind="gspo", low=3e-4, high=4e-4)
    for kl in ("k1", "k2", "k3"):
        yield openrlhf_case(f"ppo with the KL in the loss, {kl}", kl=kl, beta=0.05)
        yield openrlhf_case(f"ppo with the KL in the loss, {kl}, log-ratios of 1000", kl=kl, beta=0.05, far=True)
    for mode in ("token-mean", "seq-mean-token-sum", "seq-mean-token-mean", "seq-mean-token-sum-norm"):
        yield verl_case(f"vanilla, {mode}", mode=mode)
    yield verl_case("vanilla, clip_ratio_c 1.3", dual=1.3)
    yield verl_case("vanilla, seq-mean-token-mean, an empty completion", mode="seq-mean-token-mean", empty=True)
    yield verl_case("gspo", kind="gspo", low=3e-4, high=4e-4)
    yield verl_case("gspo, seq-mean-token-mean", kind="gspo", mode="seq-mean-token-mean", low=3e-4, high=4e-4)
    yield verl_value_case("critic, over the whole optimizer step", 0.5)
    yield verl_case("cispo", kind="cispo", low=0.2, high=0.28)
    yield verl_case("sapo", kind="sapo")
    for kl in ("k1", "k2", "k3", "k1+", "k3+"):
        yield verl_case(f"vanilla with the KL in the loss, {kl}", kl=kl, beta=0.05)


def dppo_cases():
    for kind, delta in (("dppo_tv", 0.15), ("dppo_kl", 0.05)):
        yield trl_dppo_case(f"DPPO, {kind[5:]}", kind, delta, delta)
        yield trl_dppo_case(f"DPPO, {kind[5:]}, epsilon_high, a low cap, beta 0.04", kind, delta / 3, delta, cap=1.1, beta=0.04)
        yield trl_dppo_case(f"DPPO, {kind[5:]}, certain tokens", kind, delta, delta, certain=True)
        yield verl_case(f"{kind}", kind=kind, low=delta, high=delta)
        yield verl_case(f"{kind}, clip_ratio_c 20, seq-mean-token-mean, an empty completion", kind=kind, low=delta / 3, high=delta,
                        dual=20.0, mode="seq-mean-token-mean", empty=True)
        yield verl_case(f"{kind}, certain tokens", kind=kind, low=delta, high=delta, certain=True)


def vapo_cases():
    yield ppo_case("nemo_rl", "VC-PPO, lambda 0.95 for the policy, 1 for the critic", 1.0, 0.95, 0.001, lam_value=1.0)
    yield ppo_case("nemo_rl", "two lambdas below 1, gamma 0.97", 0.97, 0.5, 0.2, lam_value=0.9)
    yield ppo_case("nemo_rl", "VAPO, length_adaptive_alpha 0.05: too short for it, lambda 0", 1.0, 0.95, 0.001, lam_value=1.0, alpha=0.05)
    yield ppo_case("nemo_rl", "VAPO, length_adaptive_alpha 0.5", 1.0, 0.95, 0.05, lam_value=1.0, alpha=0.5)
    yield ppo_case("nemo_rl", "length_adaptive_alpha 1.5, one lambda of the critic", 0.97, 0.9, 0.05, alpha=1.5)
    yield nemo_case("VAPO, positive_example_nll_weight 0.1", 0.1)
    yield nemo_case("VAPO, positive_example_nll_weight 1, a right answer that is empty", 1.0, empty=True)
    yield nemo_case("VAPO, positive_example_nll_weight 0.1, no right answer", 0.1, right=())


def reward_case(convention, what, rewards, weights, advantages, **options):
    return {
        "kind": "reward_advantages", "convention": convention, "what": what, "rewards": [plain(row) for row in rewards],
        "weights": weights.tolist(), "group_size": GROUP, "lengths": LENGTHS, "advantages": advantages.tolist(), **options,
    }


def reward_cases():
    right, near, long = (draw(8) > 0).double(), draw(8, scale=3), 20 * draw(8)
    rewards, weights = torch.stack([right, near, long], 1), torch.tensor([1.0, 1.0, 1.0])
    flat = rewards.clone()
    flat[:4, 0], flat[4:, 2] = 1.0, -0.5
    holes = rewards.clone()
    holes[1, 0] = holes[2, 1] = holes[4, :2] = NAN
    holes[0, 1] = holes[3, 1] = NAN  # the second reward is alone in the first group
    holes[6] = NAN
    for name, given, w in (("", rewards, weights), (", weights 1 0.5 0.1", rewards, torch.tensor([1.0, 0.5, 0.1])),
                           (", equal rewards", flat, weights), (", NaN rewards", holes, weights), (", one reward", rewards[:, 1:2], weights[:1])):
        yield reward_case("trl", f"GDPO (normalize_then_sum){name}", given, w, trl_reward_advantages(given, GROUP, w), epsilon=1e-4,
                          normalize="sequences")
        if "NaN" not in name:
            yield reward_case("verl", f"gdpo{name}", given, w, verl_reward_advantages(given, GROUP, w, MASK), epsilon=1e-6,
                              normalize="tokens")


goldens = {
    "made_by": f"tools/goldens/rollout_objectives.py with torch {torch.__version__} and trl {trl.__version__}",
    "cases": [*advantage_cases(), *token_cases(), *ppo_cases(), *loss_cases(), *dppo_cases(), *vapo_cases(), *reward_cases()],
}
path = Path(__file__).parents[2] / "tests/goldens/rollout_objectives.json"
path.write_text(json.dumps(goldens) + "\n")
print(f"{path}: {len(goldens['cases'])} cases, {path.stat().st_size} bytes")
