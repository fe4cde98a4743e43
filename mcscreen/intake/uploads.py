"""What did people upload? Paths in, one `Upload` a candidate out.

Platforms hand over submissions in many shapes: a folder, a zip, a folder of either, a learning platform's export. They
all become the same small tree of folders and files first (a zip by its table of contents, nothing unpacked), and one
function, `_split`, decides on that tree where one candidate ends and the next begins. Unpacking waits for `open_upload`.
"""

from __future__ import annotations

import logging
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from mcscreen.document import clean_text
from mcscreen.errors import InputError
from mcscreen.intake.manifest import MANIFEST, MANIFEST_BYTES, declared_id, declared_parts
from mcscreen.intake.unpacking import Unpacker, UploadedFile, list_members, read_head
from mcscreen.limits import DEFAULT_LIMITS, Limits

__all__ = ["OpenedUpload", "Upload", "UploadedFile", "find_uploads", "open_upload"]

_log = logging.getLogger("mcscreen.intake")

_DEPTH = 40

_DOCUMENTS = frozenset(
    {"pdf", "docx", "doc", "odt", "rtf", "txt", "md", "markdown", "html", "htm", "pages", "eml"}
    | {"pptx", "ppt", "odp", "key", "xlsx", "xls", "ods", "csv", "tsv"}
    | {"mp4", "mov", "m4v", "avi", "mkv", "webm", "vtt", "srt", "png", "jpg", "jpeg", "tif", "tiff", "heic"}
)
_OTHER_ARCHIVES = frozenset({"7z", "rar", "tar", "gz", "tgz", "bz2", "xz"})
_JUNK = frozenset({".ds_store", "thumbs.db", "__macosx", "desktop.ini", ".git", ".svn"})
_GENERIC = frozenset(
    {"submission", "submissions", "upload", "uploads", "files", "documents", "docs", "assignment", "my submission", "my files"}
    | {"submission files", "submission upload", "new folder", "untitled folder", "uploaded files", "all files"}
)
# Files that lie beside a batch of submissions and belong to none of them.
_COMPANION = re.compile(r"^(read ?me|roster|grades?|grade ?book|index|instructions?|rubric|labels?|annotations?|manifest|log)\b", re.I)
# Sub-folders with such names are pieces of one submission.
_OF_ONE = re.compile(
    r"^(?:\d+ |my |the |all |supporting )*(?:"
    r"art[ei]facts?|evidence|portfolio|exhibits?|appendix|appendices|attachments?|supporting|narrative|overview|reflections?|"
    r"self ?analysis|citations?|videos?|images?|photos?|pictures|media|slides|captions?|"
    r"(?:part|pt|section|eo|outcome) ?(?:\d|one|two|three|four|i{1,3}v?)|p[1-4])\b"
)
# Documents with such names are what a submission consists of.
_OF_A_SUBMISSION = re.compile(r"\b(?:(?:part|pt) ?(?:\d|one|two|three)|narrative|reflection|self analysis)\b")
_CANVAS = re.compile(
    r"^(?P<who>(?:anon_)?[^\W_]+(?:[-'’.][^\W_]+)*)_(?:LATE_)?(?P<user>\d+)_"
    r"(?:(?P<upload>\d+)_(?P<name>.+)|(?P<text>(?:text|link)(?:-\d+)?\.html))$"
)
_MOODLE = re.compile(r"^(?P<who>.+?)_(?P<user>\d+)_assignsubmission_(?P<how>file|onlinetext)(?:_(?P<name>.*))?$")

_Kind = Literal["file", "folder", "link", "special", "unlisted"]


@dataclass(frozen=True, slots=True)
class _Node:
    """A file or folder on disk, or a member of a zip."""

    name: str
    kind: _Kind
    path: Path
    members: tuple[int, ...] = ()
    children: tuple[_Node, ...] = ()

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower().lstrip(".")


@dataclass(frozen=True, slots=True)
class _Source:
    """A file of an upload before it is opened: on disk, or a member of the zip `path`."""

    name: str
    path: Path
    member: int | None = None
    kind: _Kind = "file"


@dataclass(frozen=True, slots=True)
class Upload:
    """One candidate's upload, not opened yet.

    Attributes:
        id: Unique among the uploads found together, and the same whatever the order of the paths.
        root: The folder, zip or file that it lies in.
        files: What it holds, in byte order of the names.
        problems: What was wrong already on looking.
    """

    id: str
    root: Path
    files: tuple[_Source, ...] = ()
    problems: tuple[str, ...] = ()
    _names: tuple[str, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OpenedUpload:
    """An upload whose files can be read until the context ends.

    Attributes:
        declared: Parts that the manifest gives: file name -> part id or "artifact".
        problems: One plain sentence each.
    """

    files: tuple[UploadedFile, ...]
    declared: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


def find_uploads(paths: Sequence[Path]) -> list[Upload]:
    """Every submission under the given paths, in byte order of where they lie.

    Args:
        paths: Submission folders, zips, folders or zips of submissions, exports of Canvas or Moodle, single documents.

    Raises:
        InputError: When a path does not exist or cannot be listed. A damaged archive does not raise: it becomes an
            upload with problems and no files.
    """
    found: list[Upload] = []
    for path in paths:
        try:
            place = Path(path).resolve(strict=True)
            mode = place.stat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise InputError(f"{path} is neither a file nor a folder. Give a submission's folder, its .zip or a document.")
            if stat.S_ISDIR(mode):
                with os.scandir(place):
                    pass
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, FileNotFoundError):
                raise InputError(f"{path} does not exist. Check the spelling, or give the folder that holds the submissions.") from None
            raise InputError(f"{path} cannot be opened ({type(error).__name__}). Check that you may read it.") from None
        node = _folder(place) if stat.S_ISDIR(mode) else _Node(place.name, "file", place)
        found += _split(node, _parents(place))
    unique = {(u.root, u.files, u.id): u for u in found}
    ordered = sorted(unique.values(), key=lambda u: (os.fsencode(u.root), *map(_byte_order, (u.id, *u._names))))
    _log.info("found %d uploads", len(ordered))
    return _distinct(ordered)


@contextmanager
def open_upload(upload: Upload, limits: Limits = DEFAULT_LIMITS) -> Iterator[OpenedUpload]:
    """Unpack what is packed into a private temporary folder, and remove it afterwards.

    A zip inside the upload is opened too, one level deep. Members are taken smallest first until the limits are
    reached, so one enormous video does not cost the essays beside it.
    """
    with ExitStack() as stack:
        unpacker = Unpacker(stack, limits)
        sources = upload.files[: limits.archive_members]
        if len(upload.files) > len(sources):
            unpacker.problems.append(f"the upload has {len(upload.files):,} files; only the first {len(sources):,} are read")
        files = [unpacker.refuse(_label(s.name), "unsupported", _why_left_out(s.kind)) for s in sources if s.kind != "file"]
        files += [UploadedFile(s.name, s.path) for s in sources if s.kind == "file" and s.member is None]
        for path in sorted({s.path for s in sources if s.member is not None}):
            files += unpacker.take(path, [(s.name, s.member) for s in sources if s.path == path and s.member is not None])
        opened: list[UploadedFile] = []
        manifest: bytes | None = None
        for file in files:
            opened += _unnested(file, unpacker, alone=len(sources) == 1) if _is_zip(file) else [file]
        for file in [f for f in opened if f.name.lower() == MANIFEST and f.unread is None]:
            manifest = read_head(file.path, None, MANIFEST_BYTES)
            opened.remove(file)
        opened.sort(key=lambda f: _byte_order(f.name))
        labels = _labels(f.name for f in opened)
        opened = [replace(f, name=n, unread=f.unread and replace(f.unread, name=n)) for f, n in zip(opened, labels, strict=True)]
        declared, wrong = declared_parts(manifest, labels) if manifest is not None else ((), [])
        problems = dict.fromkeys([*upload.problems, *unpacker.problems, *wrong])
        yield OpenedUpload(tuple(opened), declared, tuple(problems))


def _is_zip(file: UploadedFile) -> bool:
    return file.unread is None and file.name.lower().endswith(".zip")


def _unnested(file: UploadedFile, unpacker: Unpacker, *, alone: bool) -> list[UploadedFile]:
    """The files of a zip inside an upload, one level deep. As the upload's only file it stands for the whole upload."""
    try:
        tree = _zip_tree(file.path)
    except Exception as error:  # whatever a damaged table of contents leads to, it is this archive's problem
        refused = unpacker.refuse(file.name, "corrupt", f"the archive is damaged ({type(error).__name__}); ask for it again")
        return [] if alone else [refused]
    while alone and len(tree.children) == 1 and tree.children[0].kind == "folder" and not _named_like_parts(tree.children):
        tree = tree.children[0]
    wanted = [(name, member) for leaf, name in _walk(tree, "" if alone else file.name + "/") for member in leaf.members]
    if not wanted:
        unpacker.problems.append(f"{file.name}: the archive holds no files")
    files: list[UploadedFile] = []
    for inner in unpacker.take(file.path, wanted):
        if not _is_zip(inner):
            files.append(inner)
        elif alone:
            files += _unnested(inner, unpacker, alone=False)
        else:
            files.append(unpacker.refuse(inner.name, "unsupported", "an archive inside an archive was not opened; upload its files"))
    return files


# --- the tree ---------------------------------------------------------------------------------------------------------


def _is_junk(name: str) -> bool:
    low = name.lower()
    return (
        low in _JUNK
        or low.startswith(("._", "~$", ".~lock."))
        or (low.startswith(".") and PurePosixPath(low).suffix.lstrip(".") not in _DOCUMENTS)
    )


def _byte_order(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _folder(path: Path, depth: int = 0) -> _Node:
    """A folder as a tree; links are noted, never followed, so that no loop can arise."""
    children: list[_Node] = []
    try:
        with os.scandir(path) as entries:
            listed = sorted(entries, key=lambda e: os.fsencode(e.name))
    except OSError:
        return _Node(path.name, "unlisted", path)
    for entry in listed:
        if _is_junk(entry.name):
            continue
        place = path / entry.name
        if entry.is_symlink():
            children.append(_Node(entry.name, "link", place))
        elif entry.is_dir(follow_symlinks=False):
            children.append(_folder(place, depth + 1) if depth < _DEPTH else _Node(entry.name, "unlisted", place))
        elif entry.is_file(follow_symlinks=False):
            children.append(_Node(entry.name, "file", place))
        else:
            children.append(_Node(entry.name, "special", place))
    return _Node(path.name, "folder", path, (), tuple(children))


def _zip_tree(path: Path) -> _Node:
    """A zip's table of contents as a tree.

    Raises:
        OSError, ValueError, zipfile.BadZipFile: When it has none.
    """
    branches: dict[str, Any] = {}
    for member in list_members(path):
        steps = member.steps
        if any(_is_junk(step) for step in steps):
            continue
        if len(steps) > _DEPTH:
            steps = (*steps[: _DEPTH - 1], " ".join(steps[_DEPTH - 1 :]))
        here = branches
        # A folder's key ends in a slash, so that a file and a folder of one name do not meet.
        for step in steps if member.folder else steps[:-1]:
            here = here.setdefault(step + "/", {})
        if not member.folder:
            here.setdefault(steps[-1], []).append(member.index)

    def grow(name: str, branch: dict[str, Any]) -> _Node:
        below = [
            grow(key[:-1], branch[key]) if key.endswith("/") else _Node(key, "file", path, tuple(branch[key]))
            for key in sorted(branch, key=_byte_order)
        ]
        return _Node(name, "folder", path, (), tuple(below))

    return grow(path.stem, branches)


# --- one candidate or many ----------------------------------------------------------------------------------------------


def _split(node: _Node, parents: tuple[str, ...]) -> list[Upload]:
    """The uploads in a tree. A folder with documents of its own is one; so is one whose sub-folders are named like parts."""
    if node.kind in ("link", "special", "unlisted"):
        return [Upload(_label(node.name), node.path, (), (_left_out(node.name, node.kind),), parents)]
    if node.kind == "file":
        return _split_file(node, parents)
    exported, rest = _exported(node, parents)
    if exported:
        within = (node.name, *parents)
        kept = [n for n in rest if n.kind == "folder" or (_is_paper(n) and not _COMPANION.match(_plain(n.name)))]
        return exported + [u for n in kept for u in _split(n, within)]
    folders = [n for n in node.children if n.kind == "folder"]
    archives = [n for n in node.children if n.kind == "file" and (n.suffix == "zip" or n.suffix in _OTHER_ARCHIVES)]
    papers = [n for n in node.children if _is_paper(n)]
    groups = [*folders, *archives]
    likely = [n for n in groups if n.kind == "file" or any(_is_paper(d) or d.suffix == "zip" for d in _leaves(n))]
    strays = [p for p in papers if not _COMPANION.match(_plain(p.name))]
    if (len(likely) > 1 and not strays) or sum(any(_OF_A_SUBMISSION.search(_plain(d.name)) for d in _leaves(n)) for n in likely) > 1:
        papers = []
    generic = len(groups) > 1 and all(_plain(_stem(n)) in _GENERIC for n in groups)
    declared = any(n.name.lower() == MANIFEST for n in node.children)
    if papers or not groups or generic or declared or _named_like_parts(groups):
        return [_one(node, parents)]
    within = (node.name, *parents)
    return [u for n in [*groups, *strays, *(n for n in node.children if n.kind not in ("file", "folder"))] for u in _split(n, within)]


def _named_like_parts(groups: Sequence[_Node]) -> bool:
    """Whether some folder is called "artifacts", "Part 1" …, also after what all names begin with ("Doe Part 1", "Doe artifacts")."""
    names = [_plain(_stem(n)).split() for n in groups]
    shared = 0
    while len(names) > 1 and all(len(n) > shared + 1 and n[shared] == names[0][shared] for n in names):
        shared += 1
    return any(_OF_ONE.match(" ".join(n[shared:])) or _OF_ONE.match(" ".join(n)) for n in names)


def _split_file(node: _Node, parents: tuple[str, ...]) -> list[Upload]:
    stem = PurePosixPath(node.name).stem
    if node.members:  # a zip, or a paper, inside a zip
        sources = tuple(_Source(node.name, node.path, member) for member in node.members)
        return [Upload(_label(stem), node.path, sources, (), parents)]
    if node.suffix in _OTHER_ARCHIVES:
        message = f"{_label(node.name)}: archives of the kind .{node.suffix} are not opened; pack the files as .zip instead"
        return [Upload(_label(stem), node.path, (), (message,), parents)]
    if node.suffix != "zip":
        return [Upload(_label(stem), node.path, (_Source(node.name, node.path),), (), parents)]
    try:
        tree = _zip_tree(node.path)
    except Exception as error:  # whatever a damaged table of contents makes of the reader, it is this archive's problem
        message = f"{_label(node.name)}: the archive is damaged and could not be opened ({type(error).__name__}); ask for it again"
        return [Upload(_label(stem), node.path, (), (message,), parents)]
    uploads = _split(tree, parents)
    empty = f"{_label(node.name)}: the archive holds no files"
    return [u if u.files or u.problems else replace(u, problems=(empty,)) for u in uploads] or [
        Upload(_label(stem), node.path, (), (empty,), parents)
    ]


def _one(node: _Node, parents: tuple[str, ...]) -> Upload:
    """The whole tree as one upload."""
    sources: list[_Source] = []
    problems: list[str] = []
    for leaf, name in _walk(node, ""):
        if leaf.kind == "link":
            target = _inside(leaf.path, node.path)
            if target is not None:
                sources.append(_Source(name, target))
                continue
        if leaf.kind != "file":
            problems.append(_left_out(name, leaf.kind))
            sources.append(_Source(name, leaf.path, None, leaf.kind))
        elif leaf.members:
            sources += [_Source(name, leaf.path, member) for member in leaf.members]
        else:
            sources.append(_Source(name, leaf.path))
    sources.sort(key=lambda s: _byte_order(s.name))
    if not sources:
        problems.append(f"{_label(node.name)}: the folder holds no files")
    exported = _MOODLE.match(node.name)
    upload = Upload(_label(exported["who"] if exported else node.name), node.path, tuple(sources), tuple(problems), parents)
    return _with_manifest_id(upload)


def _exported(node: _Node, parents: tuple[str, ...]) -> tuple[list[Upload], list[_Node]]:
    """The uploads of a Canvas or Moodle export, and what in the folder is not part of it."""
    groups: dict[tuple[str, str], list[tuple[str, _Node]]] = {}
    rest: list[_Node] = []
    papers = sum(1 for n in node.children if _is_paper(n))
    canvas = [n for n in node.children if n.kind == "file" and (m := _CANVAS.match(n.name)) and not _OF_ONE.match(_plain(m["who"]))]
    canvas = [n for n in canvas if n.name[: n.name.index("_")].islower()]
    of_canvas = {n.name for n in canvas} if 2 * sum(_is_paper(n) for n in canvas) > papers else set()
    for child in node.children:
        if match := _MOODLE.match(child.name):
            group = groups.setdefault((match["who"], match["user"]), [])
            if child.kind == "folder":
                group += [(name, leaf) for leaf, name in _walk(child, "")]
            else:
                group.append((match["name"] or f"{match['how']}.{child.suffix}", child))
        elif child.name in of_canvas and (match := _CANVAS.match(child.name)):
            groups.setdefault((match["who"], match["user"]), []).append((match["name"] or match["text"], child))
        else:
            rest.append(child)
    uploads = []
    for (who, user), files in sorted(groups.items()):
        names = [name for name, _ in files]
        sources: list[_Source] = []
        for name, leaf in files:
            # Two uploads of one name: the export's own name, with its number, keeps them apart.
            label = name if names.count(name) == 1 else leaf.name
            sources += [_Source(label, leaf.path, m, leaf.kind) for m in (leaf.members or (None,))]
        sources.sort(key=lambda s: _byte_order(s.name))
        problems = tuple(_left_out(s.name, s.kind) for s in sources if s.kind != "file")
        uploads.append(Upload(_label(who), node.path, tuple(sources), problems, (user, *parents)))
    return [_with_manifest_id(u) for u in uploads], rest


def _walk(node: _Node, prefix: str) -> Iterator[tuple[_Node, str]]:
    for child in node.children:
        name = prefix + child.name
        if child.kind == "folder":
            yield from _walk(child, name + "/")
        else:
            yield child, name


def _leaves(node: _Node) -> Iterator[_Node]:
    return (leaf for leaf, _ in _walk(node, ""))


def _is_paper(node: _Node) -> bool:
    """Whether a leaf counts as a document when candidates are told apart."""
    return node.kind in ("file", "link") and node.suffix in _DOCUMENTS


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z0-9])", " ", name)).strip().lower()


def _stem(node: _Node) -> str:
    return PurePosixPath(node.name).stem if node.kind == "file" else node.name


def _label(name: str) -> str:
    return clean_text(name).replace("\n", " ") or "unnamed"


def _inside(link: Path, root: Path) -> Path | None:
    """Target of a link when it is a regular file below `root`."""
    try:
        target = link.resolve(strict=True)
        return target if target.is_relative_to(root) and stat.S_ISREG(target.stat().st_mode) else None
    except (OSError, RuntimeError):
        return None


def _why_left_out(kind: _Kind) -> str:
    if kind == "link":
        return "a link was not followed; upload the file itself"
    if kind == "special":
        return "neither a file nor a folder; it was left out"
    return "this folder could not be listed, or is nested too deeply"


def _left_out(name: str, kind: _Kind) -> str:
    return f"{_label(name)}: {_why_left_out(kind)}"


# --- names of uploads -----------------------------------------------------------------------------------------------------


def _parents(path: Path) -> tuple[str, ...]:
    """Names of the folders around a path, nearest first."""
    return tuple(p.name for p in path.parents if p.name)


def _distinct(uploads: list[Upload]) -> list[Upload]:
    """The same uploads with ids that tell them apart: by the folders around them, at last by number."""
    chains = []
    for upload in uploads:
        chain = [upload.id, *upload._names]
        while len(chain) > 1 and _plain(chain[0]) in _GENERIC:
            chain.pop(0)
        chains.append([_label(name) for name in chain])
    used = [1] * len(uploads)

    def ids() -> list[str]:
        return [" - ".join(reversed(chain[:n])) for chain, n in zip(chains, used, strict=True)]

    for _ in range(_DEPTH):
        keys = [identifier.casefold() for identifier in ids()]
        often = Counter(keys)
        clashing = [i for i, key in enumerate(keys) if often[key] > 1 and used[i] < len(chains[i])]
        if not clashing:
            break
        for i in clashing:
            used[i] += 1
    return [replace(u, id=name) for u, name in zip(uploads, _labels(ids()), strict=True)]


def _labels(names: Iterable[str]) -> list[str]:
    """Cleaned names, the second of a kind numbered."""
    taken: set[str] = set()
    result = []
    for name in names:
        label = base = _label(name)
        path = PurePosixPath(base)
        number = 1
        while label in taken:
            number += 1
            label = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        taken.add(label)
        result.append(label)
    return result


def _with_manifest_id(upload: Upload) -> Upload:
    """The upload under the id that its manifest gives, where there is one."""
    for source in upload.files:
        if source.name.lower() == MANIFEST and source.kind == "file":
            given = declared_id(read_head(source.path, source.member, MANIFEST_BYTES))
            return replace(upload, id=_label(given)) if given else upload
    return upload
