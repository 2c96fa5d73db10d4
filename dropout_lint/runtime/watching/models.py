"""Roots and their layers: what a module that the script calls is, kept as long as the module lives.

Modules are referred to weakly, so that watching keeps no model alive.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field

from torch import nn
from torch.utils.weak import WeakIdKeyDictionary

from dropout_lint.runtime.modules.mode_report import sensitive_modules, training_flag
from dropout_lint.runtime.modules.module_paths import type_name, unwrapped
from dropout_lint.runtime.record.events import Kind, Layer, Modes, Root, Switch
from dropout_lint.runtime.stack.attribution import path_of

_MOST_ROOTS = 64  # alive at a time; beyond, models of one class and layout count as one
_REFRESH_EVERY = 1024  # calls after which the layers are looked up again, besides after each switch of the mode


@dataclass(eq=False)
class Model:
    """One root that is alive."""

    root: Root
    module: weakref.ref[nn.Module]
    modules: list[weakref.ref[nn.Module]]  # as in `root.layers`
    generation: int  # of the mode switches, when the layers were looked up
    calls: int = 0
    known: dict[Modes, Modes] = field(default_factory=dict)
    switch: Switch | None = None  # what set the mode last
    layer_switches: tuple[Switch | None, ...] = ()  # the same of each layer
    switches: int = -1  # how many there had been when these two were looked up
    loads: int = 0  # how many state dicts had been loaded when this was last computed

    def modes(self) -> Modes | None:
        """The modes right now; None if a layer has gone."""
        flags: list[bool] = []
        for reference in self.modules:
            module = reference()
            if module is None:
                return None
            flag = module.__dict__.get("training")
            flags.append(bool(training_flag(module) if flag is None else flag))
        root = self.module()
        modes = Modes(root is not None and bool(training_flag(root)), tuple(flags))
        return self.known.setdefault(modes, modes)

    def draws(self, modes: Modes) -> bool:
        """Whether a call in these modes draws random numbers because of train mode."""
        return modes.root and any(
            on and layer.kind is Kind.STOCHASTIC for layer, on in zip(self.root.layers, modes.layers)
        )


class Models:
    """All roots of the run."""

    def __init__(self) -> None:
        self._alive: MutableMapping[nn.Module, Model | None] = WeakIdKeyDictionary()
        self._roots: list[tuple[Root, weakref.ref[nn.Module]]] = []  # by number
        self._models: list[Model] = []  # in the order of their first calls
        self._classes: dict[int, tuple[type, ...]] = {}

    @property
    def roots(self) -> tuple[Root, ...]:
        """Every root that was ever called, also those that are gone."""
        return tuple(root for root, _ in self._roots)

    def classes(self, number: int) -> tuple[type, ...]:
        """The classes of the modules in root ``number``, its own first; torch's own left out."""
        return self._classes.get(number, ())

    def alive(self) -> list[Model]:
        """The roots that are alive and have layers whose mode matters."""
        self._models = [model for model in self._models if model.module() is not None]
        return self._models

    def find(
        self, module: nn.Module, generation: int, holder: Callable[[], nn.Module | None] = lambda: None
    ) -> tuple[Model | None, bool]:
        """The root that ``module`` is or wraps, and whether it is new or has other layers than before.

        None: no layer of it cares for the mode.  ``holder`` is asked for the module that a new one is named after, as
        its part.
        """
        model = self._alive.get(module)
        if model is not None:
            model.calls += 1
            stale = model.generation != generation or model.calls & (model.calls - 1) == 0
            if not stale and model.calls % _REFRESH_EVERY:
                return model, False
            return self._refresh(model, module, generation)
        if module in self._alive:
            return None, False
        inner = unwrapped(module)
        model = self._alive.get(inner) if inner is not module else None
        new = model is None
        if model is None:
            model = self._build(inner, generation, holder())
        self._alive[module] = model
        self._alive[inner] = model
        return model, new and model is not None

    def _refresh(self, model: Model, module: nn.Module, generation: int) -> tuple[Model | None, bool]:
        inner = unwrapped(module)
        found = layers_of(inner)
        model.generation = generation
        layers = tuple(layer for layer, _ in found)
        model.modules = [weakref.ref(part) for _, part in found]
        if layers == model.root.layers:
            return model, False
        number = model.root.number
        model.root = Root(number, model.root.name, model.root.type, layers)
        model.known.clear()
        self._roots[number] = (model.root, model.module)
        return model, True

    def _build(self, inner: nn.Module, generation: int, holder: nn.Module | None) -> Model | None:
        found = layers_of(inner)
        if not any(layer.kind is not Kind.MODE_DEPENDENT for layer, _ in found):
            return None
        layers = tuple(layer for layer, _ in found)
        root = self._root(inner, layers, _name(inner, holder))
        if root is None:
            return None
        reference = weakref.ref(inner)
        self._roots[root.number : root.number + 1] = [(root, reference)]
        classes = dict.fromkeys(type(part) for part in inner.modules())
        self._classes[root.number] = tuple(cls for cls in classes if not cls.__module__.startswith("torch."))
        model = Model(root, reference, [weakref.ref(part) for _, part in found], generation)
        self._models.append(model)
        return model

    def _root(self, inner: nn.Module, layers: tuple[Layer, ...], short_name: str) -> Root | None:
        """A number and a name; those of a like model that is gone, where there is one (folds, restarts, sweeps)."""
        cls = type(inner)
        full_name = f"{cls.__module__}.{cls.__qualname__}"
        alike = [
            (root, reference) for root, reference in self._roots if root.type == full_name and root.layers == layers
        ]
        for root, reference in alike:
            if reference() is None:
                return root
        if len(self._roots) >= _MOST_ROOTS:
            return alike[0][0] if alike else None
        same = sum(root.name.partition("#")[0] == short_name for root, _ in self._roots)
        name = short_name if not same else f"{short_name}#{same + 1}"
        return Root(len(self._roots), name, full_name, layers)


def _name(module: nn.Module, holder: nn.Module | None) -> str:
    path = path_of(holder, module) if holder is not None else None
    return f"{type_name(holder)}.{path}" if holder is not None and path else type_name(module)


def layers_of(root: nn.Module) -> list[tuple[Layer, nn.Module]]:
    """The registered layers of ``root`` whose mode makes a difference."""
    return [
        (Layer(layer.path, type_name(layer.module), Kind(layer.kind.value), layer.p), layer.module)
        for layer in sensitive_modules(root)
        if not layer.inert
    ]


def is_replica(module: nn.Module) -> bool:
    """Whether DataParallel made ``module`` for one device and one call."""
    return bool(module.__dict__.get("_is_replica"))
