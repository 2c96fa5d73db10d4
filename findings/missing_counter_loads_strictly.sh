#!/usr/bin/env bash
# Versions:  torch==2.13.0 numpy==2.4.6
# Behaviour: load_state_dict(strict=True) takes a plain dict that lacks num_batches_tracked, says that all keys matched, and leaves the counter that the layer
#            had; the same keys in an OrderedDict with torch's metadata are refused.
# Guess:     Strict loading raises for the missing key; where it does not, the counter goes back to 0.
# Seen:      Plain dict: <All keys matched successfully> and the counter stays 5. With _metadata: RuntimeError for the missing key.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$folder"
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

layer = torch.nn.BatchNorm1d(2)
for _ in range(5):
    layer(torch.randn(4, 2))
with_metadata = layer.state_dict()
del with_metadata["num_batches_tracked"]
answer = str(layer.load_state_dict(dict(with_metadata), strict=True))
counter = layer.num_batches_tracked.item()
try:
    layer.load_state_dict(with_metadata, strict=True)
    refused = False
except RuntimeError as error:
    refused = "num_batches_tracked" in str(error)
print(answer, counter, "refused with metadata:", refused)
assert (answer, counter, refused) == ("<All keys matched successfully>", 5, True)
PYTHON
