"""What the team relies on, tried against the emulator."""

import json


def test_a_whole_apply_costs_no_more_than_it_should(project, afsync_emulator):
    assert project.plan()["credits"]["spend"] <= 2
    project.afsync("apply", "--auto-approve")
    assert project.plan()["changes"] == []
    assert len(afsync_emulator.control.jobs()) == 2


def test_the_trailer_waits_for_an_approval(project, afsync_emulator):
    project.afsync("apply", "--auto-approve")
    afsync_emulator.control.advance("complete")
    status = {job["address"]: job["phase"] for job in json.loads(project.afsync("status", "--json"))["jobs"]}
    assert status["job.trailer"] == "waiting_for_approval"
