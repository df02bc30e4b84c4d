"""Writes tests/goldens/objectives.json: losses, advantages and KL estimators in double precision.

Every number is computed from its formula; where TRL (1.16; PPO: 1.12, the last that has it) computes the same thing, TRL's
own lines are run on the same input and must agree to 1e-12, and the case names them under "trl". Inputs are multiples
of 1/1024, so single precision holds them exactly. Lengths are ragged: TRL sees a padded batch with a mask.

    pip install trl==1.16.0 datasets accelerate torch
    TRL_WITH_PPO=FOLDER python -P tools/goldens/objectives.py     (tools/goldens/trl_with_ppo.py says how to get it)
"""

import inspect
import json
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import torch
import trl
from trl.trainer.reward_trainer import RewardTrainer

sys.path.append(str(Path(__file__).parent))  # last: tokenizers.py beside it is not the package
from trl_with_ppo import module_of_trl_with_ppo

ppo_trainer = module_of_trl_with_ppo("trl.experimental.ppo.ppo_trainer")

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
LENGTHS = [5, 1, 8, 3]
MASK = torch.arange(max(LENGTHS))[None, :] < torch.tensor(LENGTHS)[:, None]


def draw(*shape, scale=1.0):
    return (torch.randn(*shape) * scale * 1024).round() / 1024


def ragged(padded):
    return [row[:n].tolist() for row, n in zip(padded, LENGTHS)]


def agree(ours, theirs, tolerance=1e-12):
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def trl_ppo_lines(first, end, **names):
    """Runs the lines of PPOTrainer.train from the one starting with `first` up to the one starting with `end`."""
    lines = inspect.getsource(ppo_trainer.PPOTrainer.train).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.strip().startswith(first))
    stop = next(i for i, line in enumerate(lines) if i > begin and line.strip().startswith(end))
    scope = vars(ppo_trainer) | names
    exec(textwrap.dedent("\n".join(lines[begin:stop])), scope)
    return SimpleNamespace(**scope)


def whiten(flat, shift_mean):
    centred = flat - flat.mean()
    scaled = centred / torch.sqrt(flat.var(unbiased=True) + 1e-8)
    return scaled if shift_mean else scaled + flat.mean()


def gae_case(gamma, lam):
    rewards, values = draw(*MASK.shape) * MASK, draw(*MASK.shape) * MASK
    advantages = torch.zeros_like(rewards)
    for b, n in enumerate(LENGTHS):
        for t in range(n):
            for s in range(t, n):
                next_value = values[b, s + 1] if s + 1 < n else 0.0
                delta = rewards[b, s] + gamma * next_value - values[b, s]
                advantages[b, t] += (gamma * lam) ** (s - t) * delta
    whitened = torch.zeros_like(advantages)
    whitened[MASK] = whiten(advantages[MASK], shift_mean=True)
    theirs = trl_ppo_lines(
        "lastgaelam = 0", "empty_cache()", args=SimpleNamespace(gamma=gamma, lam=lam), rewards=rewards,
        values=values, responses=rewards, padding_mask=~MASK,
    )
    agree(whitened, theirs.advantages)
    agree((advantages + values)[MASK], theirs.returns[MASK])
    return {
        "trl": "PPOTrainer.train, part 6", "gamma": gamma, "lambda": lam, "rewards": ragged(rewards),
        "values": ragged(values), "advantages": ragged(advantages), "returns": ragged(advantages + values),
        "whitened_advantages": ragged(whitened),
    }


def whiten_case(shift_mean):
    x = draw(*MASK.shape, scale=3) + 2
    result = torch.zeros_like(x)
    result[MASK] = whiten(x[MASK], shift_mean)
    agree(result[MASK], ppo_trainer.masked_whiten(x, MASK, shift_mean)[MASK])
    return {"trl": "masked_whiten", "shift_mean": shift_mean, "values": ragged(x), "whitened": ragged(result)}


def kl_case():
    policy = -draw(*MASK.shape).abs()
    reference = policy + draw(*MASK.shape, scale=0.5)
    x = policy - reference
    case = {"trl": "PPOTrainer.train, part 4 (k1, k3)", "policy": ragged(policy), "reference": ragged(reference)}
    kls = {"k1": x, "k2": x**2 / 2, "k3": torch.expm1(-x) + x}
    for name in ("k1", "k3"):
        theirs = trl_ppo_lines(
            "logr = ref_logprobs", "non_score_reward", args=SimpleNamespace(kl_estimator=name), logprobs=policy,
            ref_logprobs=reference,
        )
        agree(kls[name], theirs.kl)
    return case | {name: ragged(kl) for name, kl in kls.items()}


def ppo_losses_case(cliprange, cliprange_value):
    old = -draw(*MASK.shape).abs()
    new = (old + draw(*MASK.shape, scale=0.4)).requires_grad_()
    advantages, returns = draw(*MASK.shape), draw(*MASK.shape)
    old_values = draw(*MASK.shape)
    values = (old_values + draw(*MASK.shape, scale=0.4)).requires_grad_()

    ratio = torch.exp(new - old)
    clipped_ratio = ratio.clamp(1 - cliprange, 1 + cliprange)
    policy = -torch.minimum(ratio * advantages, clipped_ratio * advantages)[MASK]
    clipped = torch.maximum(torch.minimum(values, old_values + cliprange_value), old_values - cliprange_value)
    plain_error, clipped_error = (values - returns) ** 2, (clipped - returns) ** 2
    value = 0.5 * torch.maximum(plain_error, clipped_error)[MASK]
    (policy_gradient,) = torch.autograd.grad(policy.sum(), new)
    (value_gradient,) = torch.autograd.grad(value.sum(), values)

    theirs = trl_ppo_lines(
        "vpredclipped = torch.clamp(", "accelerator.backward",
        args=SimpleNamespace(cliprange=cliprange, cliprange_value=cliprange_value, vf_coef=1.0), vpred=values,
        mb_values=old_values, mb_return=returns, new_logprobs=new, mb_logprobs=old, mb_advantage=advantages,
        padding_mask=~MASK, padding_mask_p1=~MASK, micro_batch_inds=slice(None),
    )
    policy_clipfrac = (clipped_ratio * advantages < ratio * advantages)[MASK].double().mean()
    agree(policy.mean(), theirs.pg_loss)
    agree(value.mean(), theirs.vf_loss)
    agree(policy_clipfrac, ppo_trainer.masked_mean((theirs.pg_losses2 > theirs.pg_losses).double(), MASK))
    agree((clipped_error > plain_error)[MASK].double().mean(), theirs.vf_clipfrac.double(), 1e-7)  # .float() there
    their_gradients = torch.autograd.grad(theirs.loss * MASK.sum(), [new, values])
    agree(policy_gradient, their_gradients[0])
    agree(value_gradient, their_gradients[1])

    flat = lambda x: x.detach()[MASK].tolist()
    return {
        "trl": "PPOTrainer.train, the update (losses, gradients, clip fractions)", "cliprange": cliprange,
        "cliprange_value": cliprange_value, "logprobs": flat(new), "old_logprobs": flat(old),
        "advantages": flat(advantages), "values": flat(values), "old_values": flat(old_values),
        "returns": flat(returns), "policy_sum": policy.sum().item(), "policy_gradient": flat(policy_gradient),
        "policy_clipfrac": policy_clipfrac.item(), "approxkl": (0.5 * (new - old)[MASK] ** 2).mean().item(),
        "ratio": ratio[MASK].mean().item(), "ratio_squared": (ratio[MASK] ** 2).mean().item(),
        "value_sum": value.sum().item(), "value_gradient": flat(value_gradient),
        "value_clipfrac": (clipped_error > plain_error)[MASK].double().mean().item(),
    }


def trl_reward_loss(chosen, rejected, margins, centering):
    same = lambda x: x
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=False), _total_train_tokens=0,
        args=SimpleNamespace(center_rewards_coefficient=centering),
        accelerator=SimpleNamespace(gather=same, gather_for_metrics=same),
        _metrics={"eval": {k: [] for k in ("min_reward", "mean_reward", "max_reward", "accuracy", "margin")}},
    )
    model = lambda **inputs: SimpleNamespace(logits=torch.cat([chosen, rejected])[:, None])
    loss = RewardTrainer.compute_loss(trainer, model, {} if margins is None else {"margin": margins})
    return loss, {name: values[0] for name, values in trainer._metrics["eval"].items() if values}


def bradley_terry_case(with_margin, with_weights, centering):
    chosen, rejected = draw(6, scale=2).requires_grad_(), draw(6, scale=2).requires_grad_()
    margins = draw(6).abs() if with_margin else None
    weights = torch.tensor([1, 1 / 4, 1 / 2, 1, 1 / 8, 1 / 8]) if with_weights else None
    w = weights if with_weights else torch.ones(6)
    difference = chosen - rejected
    z = difference - (margins if with_margin else 0)
    loss = (w * (torch.log1p(torch.exp(-z.abs())) + (-z).clamp(min=0) + centering * (chosen + rejected) ** 2)).sum()
    gradients = torch.autograd.grad(loss, [chosen, rejected])
    mean = lambda x: ((w * x).sum() / w.sum()).item()
    metrics = {
        "accuracy": mean((difference > 0).double()), "margin": mean(difference),
        "mean_reward": mean((chosen + rejected) / 2),
    }
    case = {"margins": margins.tolist() if with_margin else None, "centering": centering}
    if not with_weights:
        theirs, their_metrics = trl_reward_loss(chosen, rejected, margins, centering or None)
        agree(loss, theirs * 6)
        agree(gradients, torch.autograd.grad(theirs * 6, [chosen, rejected]))
        for name, value in metrics.items():
            assert abs(value - their_metrics[name]) < 1e-6, name  # TRL reports accuracy in single precision
        case["trl"] = "RewardTrainer.compute_loss"
    return case | {
        "weights": weights.tolist() if with_weights else None, "chosen": chosen.tolist(),
        "rejected": rejected.tolist(), "sum": loss.item(), "count": w.sum().item(),
        "chosen_gradient": gradients[0].tolist(), "rejected_gradient": gradients[1].tolist(), "metrics": metrics,
    }


goldens = {
    "made_by": f"tools/goldens/objectives.py with torch {torch.__version__} and trl {trl.__version__}",
    "gae": [gae_case(1.0, 0.95), gae_case(0.97, 0.9), gae_case(1.0, 1.0)],
    "whiten": [whiten_case(True), whiten_case(False)],
    "kl": [kl_case()],
    "ppo_losses": [ppo_losses_case(0.2, 0.2), ppo_losses_case(0.1, 0.5)],
    "bradley_terry": [
        bradley_terry_case(False, False, 0.0), bradley_terry_case(True, False, 0.0),
        bradley_terry_case(True, False, 0.01), bradley_terry_case(True, True, 0.01),
    ],
}
path = Path(__file__).parents[2] / "tests/goldens/objectives.json"
path.write_text(json.dumps(goldens) + "\n")
print(f"{path}: {path.stat().st_size} bytes")
