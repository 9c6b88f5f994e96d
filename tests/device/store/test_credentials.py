"""Former keys, lock-outs, confirmations and active sessions as rows."""

from dataclasses import replace

from api.lockout import Lockout
from api.records import DoorState, FormerKey, SessionStatus

FORMER = FormerKey("oldoldol", b"hash", 1.8e9, "boot", 12.5)


async def test_a_client_is_found_by_both_its_keys(store, make):
    client = replace(make.client(), former=FORMER, key_created_at=1.7e9)
    await store.put_client(client)
    assert await store.client_by_prefix(client.key_prefix) == client
    assert await store.client_by_prefix("oldoldol") == client
    await store.put_client(replace(client, former=None))
    assert await store.client_by_prefix("oldoldol") is None


async def test_lockouts_are_kept_until_cleared_or_their_person_erased(store, make):
    assert await store.lockout("local", "anna") == Lockout()
    kept = Lockout(7, 120.0, "boot", 99.5, 1.8e9)
    for user in ("anna", "bert"):
        await store.put_lockout("local", user, Lockout(1, 0.0, "boot", 1.0))
        await store.put_lockout("local", user, kept)
        assert await store.lockout("local", user) == kept
    assert await store.lockout("office", "anna") == Lockout()
    assert await store.clear_lockout("local", "anna")
    assert not await store.clear_lockout("local", "anna")
    assert not await store.clear_lockout("local", "nobody")
    assert await store.erase_person("local", "bert")
    assert await store.lockout("local", "bert") == Lockout()


async def test_pending_enrolments_are_confirmed_one_by_one_or_all(store, make):
    await store.put_person(make.person())
    await store.put_person(make.person("bert"))
    made = [make.enrollment(door=DoorState.PENDING, duplicate=n == 0) for n in range(3)]
    for enrollment in (*made, make.enrollment("bert", door=DoorState.PENDING)):
        await store.add_enrollment(enrollment)
    assert await store.confirm_enrollments("local", "anna", made[1].enrollment_id) == 1
    assert await store.confirm_enrollments("local", "anna", made[1].enrollment_id) == 0
    assert [each.door for each in await store.enrollments("local", "anna")].count(DoorState.PENDING) == 2
    assert await store.confirm_enrollments("local", "anna") == 2
    assert {each.door for each in await store.enrollments("local", "anna")} == {DoorState.CONFIRMED}
    assert {each.door for each in await store.enrollments("local", "bert")} == {DoorState.PENDING}
    assert [each.duplicate for each in await store.enrollments("local", "anna")] == [True, False, False]


async def test_active_sessions(store, make):
    running, over = make.session(status=SessionStatus.ACTIVE), make.session(status=SessionStatus.EXPIRED)
    for row in (running, over):
        await store.put_session(row)
    assert await store.active_sessions() == [running]
