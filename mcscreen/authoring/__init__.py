"""Help for people who write rubrics: a first draft from a micro-credential's page, and remarks on what will screen badly.

Nothing here is used while submissions are screened.
"""

from mcscreen.authoring.importing import ImportedRubric, import_page, to_toml
from mcscreen.authoring.lint import LintRemark, lint

__all__ = ["ImportedRubric", "LintRemark", "import_page", "lint", "to_toml"]
