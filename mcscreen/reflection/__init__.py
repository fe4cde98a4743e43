"""How a text reflects, as a profile that can be published: sentence labels and what they add up to; never a level or a grade."""

from __future__ import annotations

from mcscreen.reflection.labels import DEEP, GROUPS, LABELS, UNCERTAIN, Label, Labeller, load_labeller
from mcscreen.reflection.profile import CROSSWALK, Profile, profile_of

__all__ = ["CROSSWALK", "DEEP", "GROUPS", "LABELS", "UNCERTAIN", "Label", "Labeller", "Profile", "load_labeller", "profile_of"]
