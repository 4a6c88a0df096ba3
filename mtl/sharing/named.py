"""Modules by the names of tasks, which may be any: as names of modules, ``type`` or ``train`` are taken."""

from collections.abc import Iterator, Mapping

from torch import nn


class NamedModules(nn.Module):
    """A module for each task."""

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self._names = list(modules)
        for name, module in modules.items():
            self.add_module(f"task_{name}", module)

    def __getitem__(self, name: str) -> nn.Module:
        return self.get_submodule(f"task_{name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def items(self) -> Iterator[tuple[str, nn.Module]]:
        """Names and modules, in the order of the tasks."""
        return ((name, self[name]) for name in self)
