"""What NeMo-RL has of VC-PPO and VAPO: two lambdas of GAE, the policy's by length, and the likelihood of right answers. Its own
classes are run where its source is given."""

from pathlib import Path
from unittest.mock import Mock

import torch
from rollout_batches import TYPING, agree, arguments, batch, clip_terms, functions_of, loss_case



class Options(dict):
    __getattr__ = dict.__getitem__


ANY = type("Any", (), {})
NEMO = None
if arguments.nemo_rl:
    folder = Path(arguments.nemo_rl) / "nemo_rl/algorithms"
    scope = vars(functions_of(folder / "utils.py", {"torch": torch, "wraps": lambda f: f, **TYPING}))
    scope |= {name: ANY for name in ("GAEConfig", "ClippedPGLossConfig", "AdvEstimatorConfig")}
    scope |= {"LossFunction": object, "BatchedDataDict": dict, "ClippedPGLossDataDict": dict, "Tensor": torch.Tensor,
              "LossInputType": Mock(), "LossType": Mock(), "MetricNormalizer": Mock()}
    functions_of(folder / "advantage_estimator.py", scope)
    NEMO = functions_of(folder / "loss/loss_functions.py", scope)


def policy_lambda(length, alpha):
    """1 - 1 / (alpha length) (Yue et al. 2025, eq. 5), and 0 where that is negative."""
    return 1 - 1 / max(alpha * length, 1)


def nemo_advantages(logprobs, reference, scores, values, mask, gamma, lam, lam_value, alpha, kl_coef):
    """Whitened advantages of the policy and returns of the critic, padded; nothing where the source is not given."""
    if not NEMO:
        return None
    config = Options(
        gae_lambda=lam, gae_gamma=gamma, normalize_advantages=True, gae_lambda_value=lam_value, gae_lambda_policy=None,
        length_adaptive_alpha=alpha or 0.0,
    )
    loss = Options(use_kl_in_reward=True, reference_policy_kl_penalty=kl_coef, reference_policy_kl_type="k1")
    return NEMO.GeneralizedAdvantageEstimator(config, loss).compute_advantage(
        None, scores, mask, values, logprobs=logprobs, reference_logprobs=reference
    )


def nemo_case(what, weight, right=(0, 2, 5), low=0.2, high=0.28, dual=10.0, empty=False):
    """PPO's loss over tokens, plus `weight` times the mean negative log-likelihood of the tokens of right answers."""
    b = batch(empty)
    scores = torch.full((len(b.mask),), -1.0)
    scores[list(right)] = 1.0
    advantages = b.advantages[:, None].expand_as(b.mask)
    ratio = (b.new - b.old).exp()
    terms = clip_terms(ratio, advantages, low, high)
    terms = torch.where(advantages < 0, torch.minimum(terms, -dual * advantages), terms)
    loss = (terms * b.mask).sum() / b.mask.sum()
    of_right = b.mask * (scores > 0)[:, None]
    if of_right.sum() > 0:
        loss = loss - weight * (b.new * of_right).sum() / of_right.sum()
    if NEMO:
        config = {
            "disable_ppo_ratio": False, "ratio_clip_min": low, "ratio_clip_max": high, "ratio_clip_c": dual, "use_kl_in_reward": True,
            "reference_policy_kl_penalty": 0, "reference_policy_kl_type": "k3", "kl_input_clamp_value": None,
            "kl_output_clamp_value": None, "use_importance_sampling_correction": False, "truncated_importance_sampling_type": None,
            "truncated_importance_sampling_ratio": None, "truncated_importance_sampling_ratio_min": None,
            "use_on_policy_kl_approximation": False, "force_on_policy_ratio": False, "sequence_level_importance_ratios": False,
            "positive_example_nll_weight": weight, "token_level_loss": True, "use_cispo": False, "seq_logprob_error_in_loss": False,
        }
        ahead = lambda x: torch.nn.functional.pad(x, (1, 0))  # its tensors have the prompt's last token
        theirs, _ = NEMO.ClippedPGLossFn(Options(config))(
            b.new,
            {"token_mask": ahead(b.mask), "sample_mask": torch.ones(len(b.mask)), "advantages": ahead(advantages),
             "prev_logprobs": ahead(b.old), "generation_logprobs": ahead(b.old), "rewards": scores},
            torch.tensor(len(b.mask)), b.mask.sum(),
        )
        agree(loss, theirs, 1e-8)
        agree(torch.autograd.grad(loss, b.new, retain_graph=True)[0], torch.autograd.grad(theirs, b.new, retain_graph=True)[0], 1e-8)
    return loss_case(
        "nemo_rl", what, b, loss, surrogate="clip", level="token", epsilon=low, epsilon_high=high, delta=dual, beta=0.0,
        loss_type="dapo", positive_nll_weight=weight, scores=scores.tolist(),
    )
