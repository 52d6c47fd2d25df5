"""What the app's environment is made of."""

from pathlib import Path

import pytest

from local.bindings import HostRefusal
from local.environment import environment
from local.host import Cors, read_host_json
from local.settings_file import parse


def test_existing_variables_win_over_the_file_and_both_over_defaults() -> None:
    existing = {"A": "existing", "FUNCTIONS_WORKER_RUNTIME": "mine"}
    added = environment(existing, {"A": "file", "B": "file"}, 8888)
    assert "A" not in added
    assert added["B"] == "file"
    assert "FUNCTIONS_WORKER_RUNTIME" not in added


def test_signalr_is_always_the_emulator_of_this_stack() -> None:
    name = "AzureSignalRConnectionString"
    added = environment({name: "Endpoint=https://real"}, {}, 9999)
    assert added[name].startswith("Endpoint=http://localhost;Port=9999;AccessKey=ABC")


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
    added = environment(existing, {}, 8888)
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


def test_nobody_outside_is_asked_unless_somebody_says_so() -> None:
    assert environment({}, {}, 8888)["HELIOGRAPH_STUN_URLS"] == ""
    assert "HELIOGRAPH_STUN_URLS" not in environment({"HELIOGRAPH_STUN_URLS": "stun:a"}, {}, 8888)


def test_statistics_lie_in_a_file_unless_somebody_says_where_or_that_there_are_none() -> None:
    name = "SQL_CONNECTION"
    assert environment({}, {}, 8888)[name] == "sqlite:///.heliograph/stats.sqlite"
    assert name not in environment({name: ""}, {}, 8888)


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
