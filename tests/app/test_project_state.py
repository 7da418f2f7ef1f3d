"""Whether a state is of this project and of this account."""

from __future__ import annotations

import pytest

from afsync.app.project_state import check_owner
from afsync.errors import StateError
from tests.builders import BASE_URL, LINEAGE
from tests.store.support import OTHER_LINEAGE, everything


def test_it_belongs_to_this_project_and_account() -> None:
    recorded = everything()
    check_owner(recorded, lineage=LINEAGE, account_id="user_1", base_url=BASE_URL)
    check_owner(recorded, lineage=LINEAGE, account_id=None, base_url=BASE_URL)
    with pytest.raises(StateError, match=f"its lineage is {LINEAGE}, that of afsync.yaml {OTHER_LINEAGE}"):
        check_owner(recorded, lineage=OTHER_LINEAGE, account_id="user_1", base_url=BASE_URL)
    with pytest.raises(StateError, match=r"belongs to account user_1 at .*, but this is user_2 at"):
        check_owner(recorded, lineage=LINEAGE, account_id="user_2", base_url=BASE_URL)
    with pytest.raises(StateError, match=r"but this is user_1 at http://127\.0\.0\.1"):
        check_owner(recorded, lineage=LINEAGE, account_id="user_1", base_url="http://127.0.0.1:8000/v1")
