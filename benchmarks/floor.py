"""The least a no-op plan could do: the fastest YAML reader, json, the same pages, one comparison."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from yaml_rs import loads


def main() -> None:
    root = Path(sys.argv[1])
    declared: Any = loads((root / "afsync.yaml").read_text(encoding="utf-8"), parse_datetime=False)
    state = json.loads((root / ".afsync/state.json").read_text(encoding="utf-8"))
    base, key = os.environ["AURAFLUX_BASE_URL"], os.environ["AURAFLUX_API_KEY"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("/account", "/templates", "/schedule", "/jobs?limit=100&offset=0"):
        request = urllib.request.Request(base + path, headers={"Authorization": f"Bearer {key}"})
        json.load(opener.open(request))
    recorded = {address: resource["declared"] for address, resource in state["resources"].items()}
    differing = [k for k, v in declared["jobs"].items() if recorded[f"job.{k}"]["url"] != v["url"]]
    print(differing or "No changes.")


main()
