"""The roles on SignalR Service allow what the app calls there."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROLES = json.loads((Path(__file__).parent / "roles.json").read_text())
# A part of a path that the app may call, and the data actions that the service asks for:
# https://learn.microsoft.com/azure/role-based-access-control/permissions/web-and-mobile
ACTIONS = {
    "/auth/accessKey": {"auth/accessKey/action"},
    ":generateToken": {"auth/clientToken/action"},
    "/users/": {"user/read", "user/send/action"},
    "/groups/": {"group/send/action", "group/write"},
    "/connections/": {"clientConnection/send/action", "clientConnection/write"},
}
PATHS = "".join(path.read_text() for path in sorted((ROOT / "cloud").glob("signalr_*.py")))


def given() -> set[str]:
    """The names of the roles on SignalR that Terraform gives."""
    text = (ROOT / "infra" / "stamp" / "roles.tf").read_text()
    return set(re.findall(r'role_definition_name = "(SignalR [^"]+)"', text))


def refused(paths: str, roles: set[str]) -> set[str]:
    """The data actions that the calls in `paths` need and none of `roles` has."""
    needed = {a for part, actions in ACTIONS.items() if part in paths for a in actions}
    allowed = [pattern for role in roles for pattern in ROLES["data_actions"][role]]
    return {a for a in needed if not any(fnmatch(a, pattern) for pattern in allowed)}


def test_the_roles_on_signalr_allow_what_the_app_calls() -> None:
    assert "/users/" in PATHS
    assert refused(PATHS, given()) == set()


@pytest.mark.parametrize(
    ("role", "path", "action"),
    [
        ("SignalR App Server", "/api/v1/auth/accessKey", "auth/accessKey/action"),
        ("SignalR REST API Owner", "/groups/x/:send", "group/send/action"),
        ("SignalR REST API Owner", "/users/x", "user/read"),
    ],
)
def test_a_role_that_is_missing_is_seen(role: str, path: str, action: str) -> None:
    assert refused(path, given()) == set()
    assert action in refused(path, given() - {role})
