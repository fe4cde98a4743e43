"""Nothing that loads with the encoder keeps a record of its own about the user, or would send one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_LOAD = "from mcscreen.matchers import load_encoder; load_encoder().encode(['One sentence.'])"


def test_the_encoder_leaves_nothing_in_the_home_and_temporary_folders(tmp_path: Path) -> None:
    # ONNX Runtime's official builds keep a device id and a queue of usage data there, to be sent to their maker.
    for name in ("home", "tmp", "cache"):
        (tmp_path / name).mkdir()
    env = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    env |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp"), "MCSCREEN_CACHE": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", _LOAD], env=env, cwd=Path(__file__).resolve().parents[1], check=True)
    assert [p.name for folder in ("home", "tmp") for p in (tmp_path / folder).rglob("*") if p.is_file()] == []
