"""Clients of the API: the key is shown once and works; the list never shows it."""

from api.auth import GRANTS, prefix_of


def test_a_client_is_added_and_its_key_shown_once(kioskctl) -> None:
    added = kioskctl.json("client", "add", "intranet", "--realm", "staff", "--grant", "enroll", "--grant", "authenticate")
    assert added["realm"] == "staff"
    assert added["grants"] == ["enroll", "authenticate"]
    listed = kioskctl("client", "list", "--json")
    assert added["api_key"] not in listed.out
    (client,) = listed.document["clients"]
    assert client["client_id"] == added["client_id"]
    assert client["key_prefix"] == prefix_of(added["api_key"])
    assert client["revoked"] is False


def test_words_show_the_key_on_a_line_of_its_own(kioskctl) -> None:
    answer = kioskctl("client", "add", "[bold]odd[/bold]", "--realm", "staff")
    assert prefix_of(answer.out.splitlines()[-1])
    assert "[bold]odd[/bold]" in answer.out
    assert "[bold]odd[/bold]" in kioskctl("client", "list").out


def test_a_name_is_given_once(kioskctl) -> None:
    kioskctl.json("client", "add", "intranet", "--realm", "staff")
    assert kioskctl.refused("client", "add", "intranet", "--realm", "other") == "client_exists"
    assert len(kioskctl.json("client", "list")["clients"]) == 1


def test_an_unknown_grant_is_refused_with_those_there_are(kioskctl) -> None:
    assert kioskctl.refused("client", "add", "x", "--realm", "staff", "--grant", "everything") == "unknown_grant"
    answer = kioskctl("client", "add", "x", "--realm", "staff", "--grant", "everything")
    assert all(grant in answer.err for grant in GRANTS)
    assert kioskctl.json("client", "list") == {"clients": []}


def test_a_bad_realm_is_refused(kioskctl) -> None:
    for realm in ("", "a b", "../up", "x" * 65):
        assert kioskctl.refused("client", "add", "x", "--realm", realm) == "invalid_request"
