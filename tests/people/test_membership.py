"""Authority comes from the membership in the named project, for every kind of secret."""

from __future__ import annotations

import pytest

from azuraforge.errors import InvalidInput, NotFound, Unauthorized


def test_a_session_has_the_role_of_the_membership_in_the_project_that_a_request_names(world):
    session = world.session()
    found = [world.projects.authenticate(session, slug) for slug in ("default", "second", "default")]
    assert [(each.project_slug, each.role) for each in found] == [
        ("default", "owner"),
        ("second", "viewer"),
        ("default", "owner"),
    ]
    assert {each.person_id for each in found} == {world.owner}
    assert world.projects.remembered(session, "second") == found[1]
    assert world.projects.remembered(session, "third") is None


def test_a_foreign_project_and_one_that_does_not_exist_get_one_error(world):
    for secret in (world.session(), world.people.local_token(world.owner)):
        texts = set()
        for slug in ("third", "nowhere"):
            with pytest.raises(NotFound) as refused:
                world.projects.authenticate(secret, slug)
            texts.add(refused.value.message.replace(slug, "SLUG"))
        assert len(texts) == 1


def test_a_session_names_its_project(world):
    with pytest.raises(InvalidInput) as refused:
        world.projects.authenticate(world.session())
    assert refused.value.error_code == "project_required"


def test_the_command_line_names_its_project_if_its_person_has_several(world, administer):
    local = world.people.local_token(world.owner)
    assert world.projects.authenticate(local, "second").role == "viewer"
    with pytest.raises(InvalidInput, match="names no project"):
        world.projects.authenticate(local)
    administer(f"DELETE FROM member WHERE project_id = 'second' AND person_id = '{world.owner}'")
    assert world.projects.authenticate(local).project_slug == "default"


def test_a_token_acts_in_its_own_project_only(world):
    token = world.token("admin")
    for slug in (None, "default"):
        access = world.projects.authenticate(token, slug)
        assert (access.project_slug, access.role, access.kind) == ("default", "admin", "token")
    for slug in ("second", "third", "nowhere"):
        with pytest.raises(InvalidInput) as refused:
            world.projects.authenticate(token, slug)
        assert refused.value.error_code == "project_conflict"
        assert slug not in refused.value.message


def test_a_removed_member_has_no_access_with_any_secret(world, administer):
    session, token = world.session(), world.token()
    for secret in (session, token):
        world.projects.authenticate(secret, "default")
    administer("DELETE FROM token WHERE project_id <> ''", f"DELETE FROM member WHERE person_id = '{world.owner}'")
    world.people.revocations.forget(None)  # as after a minute
    with pytest.raises(NotFound):
        world.projects.authenticate(session, "default")
    with pytest.raises(Unauthorized):
        world.projects.authenticate(token, "default")
    assert world.projects.identify(session).person_id == world.owner, "still a person who signed in"


def test_the_list_of_projects_has_the_role_in_each(world):
    def listed(secret, **page):
        return world.projects.projects(world.projects.identify(secret), **page)

    session = world.session()
    assert [(each.slug, each.role) for each in listed(session).items] == [("default", "owner"), ("second", "viewer")]
    assert [each.slug for each in listed(world.session(world.other)).items] == ["second", "third"]
    assert [(each.slug, each.role) for each in listed(world.token("member")).items] == [("default", "member")]
    first = listed(session, limit=1)
    second = listed(session, limit=1, after=first.next)
    assert [each.slug for each in (*first.items, *second.items)] == ["default", "second"]
    assert second.next is None
