"""What the app's environment is made of."""

from pathlib import Path

import pytest

from local.emulator import connection_string
from local.environment import environment
from local.functions.bindings import HostRefusal
from local.functions.cors import Cors
from local.functions.host_json import read_host_json
from local.settings_file import parse

SIGNALR = connection_string("http://localhost:9999")


def test_existing_variables_win_over_the_file_and_both_over_defaults() -> None:
    existing = {"A": "existing", "FUNCTIONS_WORKER_RUNTIME": "mine"}
    added = environment(existing, {"A": "file", "B": "file"}, SIGNALR)
    assert "A" not in added
    assert added["B"] == "file"
    assert "FUNCTIONS_WORKER_RUNTIME" not in added


def test_signalr_is_always_the_emulator_of_this_stack() -> None:
    name = "AzureSignalRConnectionString"
    added = environment({name: "Endpoint=https://real"}, {}, SIGNALR)
    assert added[name] == SIGNALR


@pytest.mark.parametrize(
    ("existing", "storage", "documents"),
    [
        ({}, "UseDevelopmentStorage=true", "memory"),
        ({"HELIOGRAPH_STORAGE": "table"}, "UseDevelopmentStorage=true", None),
        ({"AzureWebJobsStorage": "real"}, None, None),
        ({"AzureWebJobsStorage__accountName": "real"}, None, None),
    ],
)
def test_documents_live_in_memory_unless_there_is_storage(
    existing: dict[str, str], storage: str | None, documents: str | None
) -> None:
    added = environment(existing, {}, SIGNALR)
    assert added.get("AzureWebJobsStorage") == storage
    assert added.get("HELIOGRAPH_STORAGE") == documents


def test_local_settings_give_values_and_cors() -> None:
    text = '{"Values": {"N": 1}, "Host": {"CORS": "http://a, http://b", "CORSCredentials": true}}'
    settings = parse(text)
    assert settings.values == {"N": "1"}
    assert settings.cors == Cors(("http://a", "http://b"), credentials=True)
    assert parse("{}").cors == Cors()
    assert "N" not in repr(settings)


@pytest.mark.parametrize("text", ["", "[]", '{"Values": []}', '{"Host": 1}'])
def test_refuses_what_is_no_settings_file(text: str) -> None:
    with pytest.raises(HostRefusal, match="local.settings.json is not"):
        parse(text)


def test_there_is_no_stun_server_by_default() -> None:
    existing = {"HELIOGRAPH_STUN_URLS": "stun:a"}
    assert environment({}, {}, SIGNALR)["HELIOGRAPH_STUN_URLS"] == ""
    assert "HELIOGRAPH_STUN_URLS" not in environment(existing, {}, SIGNALR)


def test_statistics_are_in_a_file_by_default() -> None:
    name = "SQL_CONNECTION"
    assert environment({}, {}, SIGNALR)[name] == "sqlite:///.heliograph/stats.sqlite"
    assert name not in environment({name: ""}, {}, SIGNALR)


def test_the_environment_overrides_host_json(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"maxDequeueCount": 60}}}')
    environ = {
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:01",
        "AzureFunctionsJobHost__extensions__http__routePrefix": "other",
        "AzureFunctionsJobHost": "ignored",
    }
    assert read_host_json(tmp_path, environ)["extensions"] == {
        "queues": {"maxDequeueCount": 60, "visibilityTimeout": "00:00:01"},
        "http": {"routePrefix": "other"},
    }
    assert read_host_json(tmp_path / "none", {}) == {}
