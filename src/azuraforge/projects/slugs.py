"""Slugs: names of projects in URLs. A slug never changes."""

from __future__ import annotations

import re

from azuraforge.errors import AzuraError, Conflict, InvalidInput

MOST_CHARACTERS = 40
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
#: Words that are parts of routes and pages, or that could be mistaken for a function of the platform.
RESERVED = frozenset(
    """
    account accounts admin administrator administrators all any api app apps archive archived assets auth azuraforge
    create current default delete deleted demo docs events guide health healthz help home invitation invitations invite
    join leave link links login logout me members mine new none null openapi p people person platform policy project
    projects public purge purged quota quotas readyz register rename restore root secrets service-accounts session
    sessions settings sign-in sign-out sign-up static status support system tokens transfer trash unarchive undefined
    user users v1 www
    """.split()  # noqa: SIM905  a list of single quoted words would be longer than this page
)


def check_slug(slug: str) -> str:
    """Return the slug. Raises InvalidInput if it breaks the rules, and Conflict if it is reserved."""
    if not (2 <= len(slug) <= MOST_CHARACTERS and _SLUG.fullmatch(slug)):
        raise InvalidInput(
            "the name {slug!r} cannot be used in URLs",
            where="slug",
            next_step="choose 2 to {most} lower-case letters, digits and single hyphens, beginning with a letter",
            code="invalid_slug",
            slug=slug[:MOST_CHARACTERS],
            most=MOST_CHARACTERS,
        )
    if slug in RESERVED:
        raise unavailable(slug)
    return slug


def unavailable(slug: str) -> AzuraError:
    """Return the error for a slug that is taken or reserved. It does not say which, because projects are private."""
    return Conflict(
        "the name {slug!r} is not available for a project",
        where="slug",
        next_step="choose another name",
        code="slug_unavailable",
        slug=slug,
    )
