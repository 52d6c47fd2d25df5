"""The command: arguments, forms and exit status."""

import io
import json
import socket

import pytest

from tests.turn.coturn import Coturn
from turn.audit.__main__ import Unusable, main, resolve

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("127.0.0.1", "127.0.0.1", 3478),
        ("127.0.0.1:5000", "127.0.0.1", 5000),
        ("::1", "::1", 3478),
        ("[::1]", "::1", 3478),
        ("[::1]:5000", "::1", 5000),
    ],
)
def test_a_target_is_a_host_and_perhaps_a_port(text: str, address: str, port: int) -> None:
    target = resolve(text)
    assert (target.address, target.port) == (address, port)
    assert target.overhead == (28 if target.version == 4 else 48)


@pytest.mark.parametrize(
    "text", ["", ":3478", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "[]"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(Unusable):
        resolve(text)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["127.0.0.1", "--user", "me"], "--user and --password go together"),
        (["127.0.0.1", "--password", SECRET], "--user and --password go together"),
        (["127.0.0.1", "--user", "me", "--password", "-", "--secret", "-"], "one line"),
        (["127.0.0.1:x"], "is not HOST[:PORT]"),
        (["a..b"], "cannot resolve 'a..b'"),
    ],
)
def test_unusable_arguments_have_status_2_and_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert SECRET not in said.err


@pytest.mark.parametrize("arguments", [[], ["--verbose", "127.0.0.1"]])
def test_argparse_has_status_2_too(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_silence_has_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        assert main([f"127.0.0.1:{port}"]) == 2
    assert f"no answer from 127.0.0.1 port {port} over UDP" in capsys.readouterr().err


def test_status_1_tells_of_a_failed_gate(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    extra = ["--lt-cred-mech", f"--user=me:{SECRET}", "--user-quota=2"]
    with Coturn(None, extra=extra) as server:
        assert main([f"127.0.0.1:{server.port}", "--user", "me", "--password", "-"]) == 1
    text = capsys.readouterr().out
    assert "FAIL  no private peers: allowed: 10.0.0.1" in text
    assert "pass  allocations per credential bounded: 2 at once" in text
    assert SECRET not in text


def test_status_0_is_a_pass(capsys: pytest.CaptureFixture[str]) -> None:
    extra = ["--no-software-attribute", "--no-rfc5780", "--response-origin-only-with-rfc5780"]
    extra.append("--no-stun-backward-compatibility")
    with Coturn(SECRET, extra=extra, realm="r") as server:
        assert main([f"127.0.0.1:{server.port}", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["passed"] is True
    assert shown["access"] is None
    assert [one["received"] for one in shown["probes"]][:3] == [32, 40, 0]
