#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6 torchrl==0.14.1 tensordict==0.14.3
# Behaviour: Outside of any set_exploration_type context exploration_type() is None, and TorchRL's modules disagree on it: AdditiveGaussianModule and
#            EGreedyModule explore, in eval mode too, while ProbabilisticActor takes the mean, in train mode too. So eval() on a policy stops nothing.
# Guess:     The type outside a context is DETERMINISTIC, and none of them explores.
# Seen:      exploration_type() is None; AdditiveGaussianModule and EGreedyModule in eval mode: random; ProbabilisticActor in train mode: fixed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 torchrl==0.14.1 tensordict==0.14.3
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from tensordict import TensorDict
from tensordict.nn import NormalParamExtractor, TensorDictModule
from torchrl.data import Bounded, Categorical
from torchrl.envs.utils import exploration_type
from torchrl.modules import AdditiveGaussianModule, EGreedyModule, ProbabilisticActor

def fixed(call):
    first = call()
    return all(torch.equal(first, call()) for _ in range(5))

noise = AdditiveGaussianModule(Bounded(-1, 1, (4,)), sigma_init=1.0).eval()
greedy = EGreedyModule(Categorical(50), eps_init=1.0, eps_end=1.0).eval()
network = torch.nn.Sequential(torch.nn.Linear(3, 4), NormalParamExtractor())
actor = ProbabilisticActor(
    TensorDictModule(network, in_keys=["observation"], out_keys=["loc", "scale"]),
    in_keys=["loc", "scale"], distribution_class=torch.distributions.Normal,
).train()
seen = (
    exploration_type(),
    fixed(lambda: noise(TensorDict({"action": torch.zeros(4)}, []))["action"]),
    fixed(lambda: greedy(TensorDict({"action": torch.zeros(4, dtype=torch.long)}, [4]))["action"]),
    fixed(lambda: actor(TensorDict({"observation": torch.ones(3)}, []))["action"]),
)
print("type; fixed: noise in eval, greedy in eval, actor in train:", seen)
assert seen == (None, False, False, True)
PYTHON
