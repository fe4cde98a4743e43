"""What did people upload? Folders, archives and LMS exports -> uploads, each with its files.

Finding and opening are two steps: finding only looks at names and archive indexes, so a batch of thousands is known at
once; opening unpacks one upload into a private folder that is gone when the upload has been read.
"""

from mcscreen.intake.unpacking import UploadedFile
from mcscreen.intake.uploads import OpenedUpload, Upload, find_uploads, open_upload

__all__ = ["OpenedUpload", "Upload", "UploadedFile", "find_uploads", "open_upload"]
