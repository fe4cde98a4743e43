"""Puts rubrics, models and the example into a wheel, beside the code that looks for them.

In a checkout (and so in an editable install) they lie next to the package and must not be copied, or an edited rubric
would not be the one that is used.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = ("rubrics", "models", "examples/riverbend")


class ShippedData(BuildHookInterface):
    """Adds the shipped folders to standard wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a build; `version` is "standard" or "editable"."""
        if version == "standard":
            build_data["force_include"].update({f"{self.root}/{folder}": f"mcscreen/shipped_data/{folder}" for folder in SHIPPED})
