"""Files to upload."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from afsync.config.files import MAX_BYTES
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.resources import File
from tests.config.support import a_job, problems, the_job, write

VIDEO = b"\0\0\0\x18ftypmp42" + bytes(1000)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"


def test_a_file_is_its_hash(tmp_path: Path) -> None:
    write(tmp_path, {"media/in tro.MP4": VIDEO})
    job = the_job(tmp_path, "entry: upload", "file: ./media//in tro.MP4")
    sha256 = hashlib.sha256(VIDEO).hexdigest()
    assert job.file == File("media/in tro.MP4", sha256, len(VIDEO))
    assert job.values["file"] == sha256
    moved = the_job(write(tmp_path, {"b.mov": VIDEO}), "entry: upload", "file: b.mov")
    assert fingerprint(Kind.JOB, job.values) == fingerprint(Kind.JOB, moved.values)


def test_a_link_inside_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"a.mp4": VIDEO})
    (tmp_path / "b.mp4").symlink_to("a.mp4")
    assert the_job(tmp_path, "entry: upload", "file: b.mp4").file == File(
        "b.mp4", hashlib.sha256(VIDEO).hexdigest(), len(VIDEO)
    )


def make(root: Path, kind: str) -> None:
    path = root / "a.mp4"
    match kind:
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link out":
            write(root.parent, {f"{root.name}.mp4": VIDEO})
            path.symlink_to(f"../{root.name}.mp4")
        case "dangling":
            path.symlink_to("nothing.mp4")
        case "circle":
            path.symlink_to("a.mp4")
        case "empty":
            path.touch()
        case "large":
            with path.open("wb") as file:
                file.truncate(MAX_BYTES + 1)
        case "pointer":
            path.write_bytes(POINTER)


@pytest.mark.parametrize(
    ("kind", "code", "word"),
    [
        ("directory", "not_a_file", "directory"),
        ("pipe", "not_a_file", "pipe"),
        ("link out", "outside_project", "outside"),
        ("dangling", "not_found", "does not exist"),
        ("circle", "unreadable", "circle"),
        ("empty", "empty_file", "empty"),
        ("large", "too_large", "500 MB"),
        ("pointer", "lfs_pointer", "git lfs pull"),
    ],
)
def test_what_cannot_be_uploaded(kind: str, code: str, word: str, tmp_path: Path) -> None:
    make(tmp_path, kind)
    (problem,) = problems(tmp_path, a_job("entry: upload", "file: a.mp4"))
    assert (problem.code, problem.address, str(problem.location)) == (code, "job.a", "afsync.yaml:5:11")
    assert word in f"{problem.message} {problem.hint}"


def test_a_path_through_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.mp4": VIDEO})
    (problem,) = problems(tmp_path, a_job("entry: upload", "file: a.mp4/b.mp4"))
    assert problem.code == "not_found"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    write(tmp_path, {"a.mp4": VIDEO})
    (tmp_path / "a.mp4").chmod(0)
    (problem,) = problems(tmp_path, a_job("entry: upload", "file: a.mp4"))
    assert problem.code == "unreadable"
