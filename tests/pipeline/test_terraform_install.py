"""scripts/terraform-install: what is not signed by the right key is not installed.

The script runs as it is, but for the fingerprint: that of a key made here. A `curl` of ours serves
what HashiCorp would.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "terraform-install"
VERSION = "1.2.3"
ARCHIVE = f"terraform_{VERSION}_linux_amd64.zip"
SUMS = f"terraform_{VERSION}_SHA256SUMS"
CURL = '#!/bin/sh\nfor last; do :; done\nexec cp "$SERVED/${last##*/}" .\n'
TERRAFORM = "#!/bin/sh\necho Terraform 1.2.3\n"


class Signer:
    """A key of its own, in a home whose path is short enough for the socket of gpg's agent."""

    def __init__(self, home: Path, name: str) -> None:
        self._environ = {**os.environ, "GNUPGHOME": str(home)}
        self._name = name
        self._gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
        listed = self._gpg("--with-colons", "--list-keys", name)
        self.fingerprint = re.findall(r"(?m)^fpr:+([0-9A-F]{40}):", listed)[0]

    def public(self) -> str:
        return self._gpg("--armor", "--export", self._name)

    def sign(self, file: Path) -> None:
        output = file.with_name(f"{file.name}.sig")
        self._gpg("--yes", "--local-user", self._name, "--output", output, "--detach-sign", file)

    def _gpg(self, *words: str | Path) -> str:
        command = ["gpg", "--batch", "--quiet", *map(str, words)]
        done = subprocess.run(command, env=self._environ, capture_output=True, check=True)
        return done.stdout.decode()


@pytest.fixture(scope="module")
def signers() -> Iterator[tuple[Signer, Signer]]:
    """Of HashiCorp, for this test, and of somebody else."""
    home = Path(tempfile.mkdtemp(prefix="gpg"))
    try:
        yield Signer(home, "hashicorp@example.com"), Signer(home, "mallory@example.com")
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
        shutil.rmtree(home)


class Release:
    """What is served, and the script that trusts `signer`."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self.served, self.target, self._bin = folder / "served", folder / "to", folder / "bin"
        for each in (self.served, self._bin):
            each.mkdir()
        text, changed = re.subn(
            r"(?m)^signer=[0-9A-F]{40}$", f"signer={signer.fingerprint}", SCRIPT.read_text()
        )
        assert changed == 1
        self._script = folder / "terraform-install"
        self._script.write_text(text)
        curl = self._bin / "curl"
        curl.write_text(CURL)
        curl.chmod(0o755)
        self.pack(TERRAFORM)
        self.sum()
        signer.sign(self.served / SUMS)
        self.key(signer.public())

    def pack(self, program: str) -> None:
        with zipfile.ZipFile(self.served / ARCHIVE, "w") as archive:
            entry = zipfile.ZipInfo("terraform")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, program)

    def sum(self) -> None:
        digest = hashlib.sha256((self.served / ARCHIVE).read_bytes()).hexdigest()
        (self.served / SUMS).write_text(f"{digest}  {ARCHIVE}\n")

    def key(self, text: str) -> None:
        (self.served / "pgp-key.txt").write_text(text)

    def install(self) -> subprocess.CompletedProcess[bytes]:
        environ = {
            **os.environ,
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "SERVED": str(self.served),
        }
        command = ["sh", str(self._script), VERSION, str(self.target)]
        return subprocess.run(command, env=environ, capture_output=True)

    def is_refused(self) -> bool:
        return self.install().returncode != 0 and not self.target.exists()


@pytest.fixture
def release(tmp_path: Path, signers: tuple[Signer, Signer]) -> Release:
    return Release(tmp_path, signers[0])


def test_a_terraform_whose_checksums_are_signed_is_installed(release: Release) -> None:
    done = release.install()
    assert (done.returncode, done.stdout) == (0, b"Terraform 1.2.3\n"), done.stderr


def test_another_archive_or_other_checksums_are_refused(release: Release) -> None:
    release.pack("#!/bin/sh\necho mine\n")
    assert release.is_refused(), "another archive"
    release.sum()
    assert release.is_refused(), "with checksums of its own"


def test_checksums_signed_by_another_key_are_refused_whichever_key_is_served(
    release: Release, signers: tuple[Signer, Signer]
) -> None:
    right, wrong = signers
    release.pack("#!/bin/sh\necho mine\n")
    release.sum()
    wrong.sign(release.served / SUMS)
    for served in (right.public(), wrong.public(), right.public() + wrong.public()):
        release.key(served)
        assert release.is_refused()


def test_without_a_signature_or_a_key_nothing_is_installed(
    release: Release, signers: tuple[Signer, Signer]
) -> None:
    release.key("")
    assert release.is_refused()
    release.key(signers[0].public())
    (release.served / f"{SUMS}.sig").write_bytes(b"")
    assert release.is_refused()
    (release.served / f"{SUMS}.sig").unlink()
    assert release.is_refused()
