"""Help for people who write rubrics: a first draft from a micro-credential's page, remarks on what will
screen badly, and how well its exemplars do their work.

Nothing here is used while submissions are screened.
"""

from mcscreen.authoring.examples import FacetReview, review_exemplars
from mcscreen.authoring.importing import ImportedRubric, import_page, to_toml
from mcscreen.authoring.lint import LintRemark, lint

__all__ = ["FacetReview", "ImportedRubric", "LintRemark", "import_page", "lint", "review_exemplars", "to_toml"]
