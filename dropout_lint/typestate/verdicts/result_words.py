"""What code does with the result of a forward pass, by the names of the functions and methods that get it."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHAPE = _words("shape size ndim dim dtype device numel nelement requires_grad grad_fn is_cuda element_size stride")
"""Attributes and methods of a tensor that tell nothing of its numbers."""
ASKS_SHAPE = _words("len type isinstance id hasattr is_tensor get_shape assert_shape summary make_dot")
"""Functions that look at nothing but the kind of what they are given."""
DECIDES = _words("argmax argmin max topk softmax sigmoid argsort sort eq gt lt ge le ne accuracy_score")
"""What draws a conclusion from numbers."""
NUMBERS = _words("item tolist numpy float int bool str round argmax argmin eq gt lt ge le ne repr format array asarray")
"""What makes of a tensor something that no gradient comes back from, for somebody to read."""
CUTS = _words("detach detach_")
"""What keeps a tensor, and ends the way of gradients."""
COLLECTS = _words("append extend insert appendleft")
"""Methods of a list that keep what they are given."""
PRINTS = re.compile(
    r"(?i)print|pprint|display|log_(?:metrics?|scalars?|dict|value)|info|debug|warning|write|set_(?:postfix|description)\w*"
    r"|add_(?:scalar|text)\w*"
)
"""What tells numbers to a reader."""
KEEPS = re.compile(
    r"(?i)save\w*|dump|imsave|imshow|imwrite|savefig|savetxt|plot\w*|scatter|bar|hist|draw\w*|show\w*|writerows?"
    r"|add_(?:image|histogram|figure)\w*|log_images?"
)
"""What draws numbers, or keeps them in a file."""
ACTS = _words("step push store remember put act move play add_experience add_transition")
"""What gives a result to an environment or to a memory, from where it comes back as training data."""
GOES_BACK = re.compile(r"(?:manual_)?backward|grad|scale_loss")
"""What sends gradients back from a loss."""
