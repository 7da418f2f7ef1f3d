"""What to do about a state on this disk that cannot be read, or is missing."""

from __future__ import annotations

from afsync.errors import StateError
from afsync.store.disk import Disk
from afsync.store.history import UNION, look, newer, newest_good, two_sides
from afsync.store.moved import follow
from afsync.store.paths import Paths, lineages


def way_out(disk: Disk, paths: Paths) -> str:
    """The best that can be done, as the hint of an error."""
    names = lineages(paths)
    seen = look(disk, paths, names[0] if len(names) == 1 else "")
    if seen.moved_to:
        return follow(seen.moved_to)
    if seen.newer:
        return newer(seen.writer)
    if two_sides(disk, paths):
        return UNION
    try:
        good = newest_good(disk, paths)
    except StateError:
        good = None
    if good is None:
        return _nothing_left(disk, paths)
    found = f"the newest good copy has the serial {good.serial} ({good.place})"
    if seen.serial > good.serial:
        found += f", and the damaged one had {seen.serial}: what was submitted in between would be forgotten"
    return f"{found}: `afsync state restore {good.serial}` takes it, or put back the file that belongs there"


def _nothing_left(disk: Disk, paths: Paths) -> str:
    """What to do without any copy. A new state alone would not know what was paid for."""
    begin = "`afsync init`, then `afsync import --match`, which finds again what it held"
    if disk.identity(paths.state) is None:
        lost = f"if it is lost: {begin}; in a new project: `afsync init`"
    else:
        lost = f"if it is lost, move this away, then {begin}"
    return f"no good copy is here: put the file back from where you keep it; {lost}"
