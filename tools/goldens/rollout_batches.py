"""What the cases of tools/goldens/rollout_objectives.py are made from: padded batches, the frameworks' sources."""

import argparse
import ast
import inspect
import textwrap
import typing
from pathlib import Path
from types import SimpleNamespace

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
NAN = float("nan")
LENGTHS = [5, 1, 8, 3, 2, 6, 4, 7]
WIDTH = 9  # max_completion_length
GROUP = 4
MASK = (torch.arange(WIDTH)[None, :] < torch.tensor(LENGTHS)[:, None]).double()

parser = argparse.ArgumentParser()
parser.add_argument("--openrlhf")
parser.add_argument("--verl")
parser.add_argument("--nemo_rl")
arguments = parser.parse_args()

TYPING = {name: vars(typing)[name] for name in ("Any", "Callable", "Optional", "Tuple", "Union")}


def functions_of(path, scope):
    """The functions and classes of a source file that can be defined without its imports and decorators."""
    if path is None:
        return None
    for node in ast.parse(Path(path).read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            node.decorator_list = []
            try:
                exec(compile(ast.Module([node], []), path, "exec"), scope)
            except NameError:
                pass
    return SimpleNamespace(**scope)


def masked_mean(values, mask, axis=None, dim=None):
    axis = axis if axis is not None else dim
    return (values * mask).sum(axis) / mask.sum(axis) if axis is not None else (values * mask).sum() / mask.sum()


def lines_of(method, first, end, **scope):
    """Runs the lines of a method from the one starting with `first` up to the one starting with `end`."""
    lines = inspect.getsource(method).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.strip().startswith(first))
    stop = next(i for i, line in enumerate(lines) if i > begin and line.strip().startswith(end))
    names = inspect.unwrap(method).__globals__ | scope
    exec(textwrap.dedent("\n".join(lines[begin:stop])), names)
    return SimpleNamespace(**names)


def agree(ours, theirs, tolerance=1e-10):
    torch.testing.assert_close(torch.as_tensor(ours).double(), torch.as_tensor(theirs).double(), rtol=tolerance, atol=tolerance)


def draw(*shape, scale=1.0):
    return (torch.randn(*shape) * scale * 1024).round() / 1024


def plain(values):
    return [None if value != value else value for value in values.tolist()]


def returns_to_go(rewards, gamma):
    returns, running = torch.zeros_like(rewards), torch.zeros(len(rewards))
    for t in reversed(range(rewards.shape[1])):
        running = (rewards[:, t] + gamma * running) * MASK[:, t]
        returns[:, t] = running
    return returns


def batch(empty=False, proper=False, certain=False):
    """`proper`: no log-prob above 0; `certain`: some of them 0, but for 1e-12."""
    mask = MASK.clone()
    if empty:
        mask[2] = 0
    old = -draw(*mask.shape).abs()
    new = old + draw(*mask.shape, scale=0.3)
    if proper:
        new = new.clamp(max=-1 / 1024)
    if certain:
        old[:, 0], new[:, 0] = -1e-12, -1.0
        old[:, 1], new[:, 1] = -1.0, -1e-12
    new.requires_grad_()
    reference = old + draw(*mask.shape, scale=0.3)
    advantages = draw(len(LENGTHS))
    advantages[3] = 0
    return SimpleNamespace(mask=mask, old=old, new=new, reference=reference, advantages=advantages)


def loss_case(convention, what, b, loss, **options):
    (gradient,) = torch.autograd.grad(loss, b.new)
    flat = lambda x: x.detach()[b.mask.bool()].tolist()
    return {
        "kind": "policy_loss", "convention": convention, "what": what, "lengths": b.mask.sum(-1).long().tolist(),
        "logprobs": flat(b.new), "old_logprobs": flat(b.old), "reference_logprobs": flat(b.reference),
        "advantages": b.advantages.tolist(), "loss": loss.item(), "gradient": flat(gradient), **options,
    }


def k3(b):
    x = b.reference - b.new
    return x.exp() - x - 1


def clip_terms(ratio, advantages, low, high, cap=None):
    capped = ratio if cap is None else ratio.clamp(max=cap)
    return -torch.minimum(capped * advantages, ratio.clamp(1 - low, 1 + high) * advantages)


def inside_trust_region(kind, new, old, advantages, low, high):
    """1 where a token may learn by DPPO (Qi et al. 2026): 0 where it has already moved the way that its advantage pushes, and
    the divergence of its probability from the old one, total variation or KL(old || new) of "this token or another", is larger
    than allowed. Exact where a probability is 1."""
    p, q = old.exp(), new.exp()
    if kind == "dppo_tv":
        divergence = (q - p).abs()
    else:
        other = -torch.expm1(old)
        divergence = p * (old - new) + torch.xlogy(other, other) - torch.xlogy(other, -torch.expm1(new))
    outside = torch.where(advantages > 0, (q > p) & (divergence > high), (q < p) & (divergence > low))
    return (~outside).double().detach()
