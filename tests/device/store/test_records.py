"""Every record comes back as it was put, also after reopening; texts of any kind."""

import asyncio
import uuid
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.ports import Store, StoreClosed, StoreConflict
from api.records import LOCAL, Enrollment, SessionStatus
from device.store.store import open_store


def same_enrollment(one: Enrollment, other: Enrollment) -> bool:
    assert one.template.dtype == other.template.dtype == np.float32
    np.testing.assert_array_equal(one.template, other.template)
    return replace(one, template=np.empty(0)).__repr__() == replace(other, template=np.empty(0)).__repr__()


async def test_it_is_the_store_of_the_protocol(store):
    served: Store = store
    assert await served.people(LOCAL) == []


async def test_everything_is_there_again_after_reopening(path, keys, make):
    person, enrollment, client = make.person(), make.enrollment(), make.client()
    session, attempt, visit, event = make.session(), make.attempt(), make.visit(), make.door_event()
    async with open_store(path, keys, create=True) as store:
        await store.put_person(person)
        await store.add_enrollment(enrollment)
        await store.put_client(client)
        await store.put_session(session)
        numbers = [await store.add_attempt(attempt), await store.add_visit(visit), await store.add_door_event(event)]
        assert numbers == [1, 2, 3]
    async with open_store(path, keys) as store:
        assert await store.person(LOCAL, "anna") == person
        assert await store.people(LOCAL) == [person]
        for found in (await store.enrollments(LOCAL), await store.enrollments(LOCAL, "anna"), await store.all_enrollments()):
            assert len(found) == 1
            assert same_enrollment(found[0], enrollment)
        assert await store.client(client.client_id) == client
        assert await store.client_by_prefix(client.key_prefix) == client
        assert await store.clients() == [client]
        assert await store.session(session.token) == session
        assert await store.attempts(LOCAL) == [(1, attempt)]
        assert await store.visits() == [(2, visit)]
        assert await store.door_events() == [(3, event)]
        assert await store.check() == []
        assert await store.verify() == 3


async def test_fields_that_may_be_empty_may_be_empty(store, make):
    bare = make.person(
        display_name="", groups=(), valid_from=None, valid_until=None, accommodations=(), basis=None, created_at=None
    )
    await store.put_person(bare)
    assert await store.person(LOCAL, "anna") == bare
    attempt = make.attempt(None, confidence=None, matched_enrollment=None, success=False, failure_reason="no_match", detail={})
    await store.add_attempt(attempt)
    assert await store.attempts(LOCAL) == [(1, attempt)]
    session = make.session(None, client_id=None, metadata={})
    await store.put_session(session)
    assert await store.session(session.token) == session


async def test_nobody_is_found_where_nobody_is(store):
    assert await store.person(LOCAL, "anna") is None
    assert await store.client("nobody") is None
    assert await store.client_by_prefix("nobody") is None
    assert await store.session("none") is None
    assert await store.enrollments(LOCAL, "anna") == []
    assert await store.attempts(LOCAL, user_id="anna") == []
    assert not await store.remove_enrollment(LOCAL, "none")
    assert await store.newest_time() is None


async def test_a_person_is_replaced_but_keeps_the_time_of_making(store, make):
    await store.put_person(make.person())
    await store.add_enrollment(make.enrollment())
    changed = make.person(display_name="Anna B.", status="disabled", groups=(), created_at=None)
    await store.put_person(changed)
    assert await store.person(LOCAL, "anna") == replace(changed, created_at=1.7e9)
    assert len(await store.enrollments(LOCAL, "anna")) == 1


async def test_realms_are_apart(store, make):
    for realm in (LOCAL, "shop"):
        await store.put_person(make.person(realm=realm, display_name=realm))
        await store.add_enrollment(make.enrollment(realm=realm, enrollment_id=f"in {realm}"))
        await store.add_attempt(make.attempt(realm=realm))
    assert [person.display_name for person in await store.people("shop")] == ["shop"]
    assert [one.enrollment_id for one in await store.enrollments("shop", "anna")] == ["in shop"]
    assert [number for number, _ in await store.attempts("shop")] == [2]
    assert not await store.remove_enrollment("shop", "in local")
    assert await store.erase_person("shop", "anna")
    assert [one.enrollment_id for one in await store.all_enrollments()] == ["in local"]


async def test_an_enrolment_needs_its_person_and_an_id_of_its_own(store, make):
    with pytest.raises(StoreConflict, match="person"):
        await store.add_enrollment(make.enrollment())
    await store.put_person(make.person())
    await store.add_enrollment(make.enrollment(enrollment_id="one"))
    with pytest.raises(StoreConflict) as refusal:
        await store.add_enrollment(make.enrollment(enrollment_id="one"))
    assert "anna" not in str(refusal.value)
    assert await store.remove_enrollment(LOCAL, "one")
    assert not await store.remove_enrollment(LOCAL, "one")
    assert await store.all_enrollments() == []


async def test_enrolments_come_oldest_first(store, make):
    await store.put_person(make.person())
    ids = [str(uuid.uuid4()) for _ in range(8)]
    for enrollment_id in ids:
        await store.add_enrollment(make.enrollment(enrollment_id=enrollment_id))
    assert [one.enrollment_id for one in await store.enrollments(LOCAL)] == ids


async def test_a_client_is_revoked_and_prefixes_are_unique(store, make):
    client = make.client()
    await store.put_client(client)
    revoked = replace(client, revoked_at=1.8e9)
    await store.put_client(revoked)
    assert await store.clients() == [revoked]
    with pytest.raises(StoreConflict):
        await store.put_client(make.client(key_prefix=client.key_prefix))


async def test_a_session_moves_on(store, make):
    session = make.session(None)
    await store.put_session(session)
    done = replace(session, user_id="anna", status=SessionStatus.FAILED, completed_at=1.7e9 + 5, outcome="no_match")
    await store.put_session(done)
    assert await store.session(session.token) == done


async def test_the_log_is_read_on_from_where_one_was(store, make):
    for index in range(6):
        await store.add_attempt(make.attempt("anna" if index % 2 else None, processing_time_ms=index))
        await store.add_visit(make.visit(duration_ms=index))
    first = await store.attempts(LOCAL, limit=4)
    rest = await store.attempts(LOCAL, after=first[-1][0], limit=4)
    assert [one.processing_time_ms for _, one in [*first, *rest]] == list(range(6))
    assert [number for number, _ in await store.attempts(LOCAL, user_id="anna")] == [3, 7, 11]
    assert [visit.duration_ms for _, visit in await store.visits(limit=2, newest_first=True)] == [5, 4]
    assert [visit.duration_ms for _, visit in await store.visits(after=8)] == [4, 5]


async def test_rows_are_dated_once_the_time_is_known(store, make):
    await store.add_attempt(make.attempt(None, created_at=None))
    await store.add_visit(make.visit(created_at=None))
    await store.add_door_event(make.door_event(created_at=None, boot_id="another boot"))
    assert (await store.attempts(LOCAL))[0][1].created_at is None
    assert await store.newest_time() is None
    await store.date_boot("boot", 1.6e9)
    assert (await store.attempts(LOCAL))[0][1].created_at == 1.6e9 + 77.25
    assert (await store.visits())[0][1].created_at == 1.6e9 + 78.5
    assert (await store.door_events())[0][1].created_at is None
    await store.add_visit(make.visit())
    assert await store.newest_time() == 1.7e9
    assert await store.verify() == 4


async def test_many_at_once_get_a_number_each(store, make):
    numbers = await asyncio.gather(*(store.add_attempt(make.attempt()) for _ in range(40)))
    assert sorted(numbers) == list(range(1, 41))


async def test_what_was_given_up_before_it_began_does_not_happen(store, make):
    first = asyncio.ensure_future(store.add_attempt(make.attempt()))
    others = [asyncio.ensure_future(store.add_attempt(make.attempt())) for _ in range(20)]
    await asyncio.sleep(0)
    for other in others:
        other.cancel()
    await first
    await asyncio.gather(*others, return_exceptions=True)
    await store.ping()
    assert len(await store.attempts(LOCAL)) < 21
    assert await store.verify() == len(await store.attempts(LOCAL))


async def test_a_closed_store_says_so(path, keys, make):
    async with open_store(path, keys, create=True) as store:
        pending = asyncio.ensure_future(store.add_attempt(make.attempt()))
        await asyncio.sleep(0)
    assert await pending == 1
    with pytest.raises(StoreClosed):
        await store.people(LOCAL)


async def test_an_error_in_the_middle_leaves_nothing_and_the_store_usable(store, make):
    with pytest.raises(TypeError):
        await store.add_attempt(make.attempt(detail={"thing": object()}))
    assert await store.attempts(LOCAL) == []
    assert await store.add_attempt(make.attempt()) == 1


@pytest.fixture(scope="module")
def shared_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts") / "kiosk.db"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(user_id=st.text(min_size=1, max_size=255), name=st.text(), note=st.dictionaries(st.text(), st.text()))
def test_any_text_comes_back(shared_path, keys, make, user_id, name, note):
    realm = str(uuid.uuid4())

    async def roundtrip() -> None:
        async with open_store(shared_path, keys, create=True) as store:
            person = make.person(user_id, realm=realm, display_name=name, groups=(name,))
            await store.put_person(person)
            await store.add_enrollment(make.enrollment(user_id, realm=realm))
            attempt = make.attempt(user_id, realm=realm, detail=note, failure_reason=name)
            number = await store.add_attempt(attempt)
            assert await store.people(realm) == [person]
            assert (await store.enrollments(realm, user_id))[0].user_id == user_id
            assert await store.attempts(realm, user_id=user_id) == [(number, attempt)]
            assert await store.erase_person(realm, user_id)
            forgotten = replace(attempt, user_id=None, confidence=None, matched_enrollment=None, detail={})
            assert [asdict(one) for _, one in await store.attempts(realm)] == [asdict(forgotten)]

    asyncio.run(roundtrip())
