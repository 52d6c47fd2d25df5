"""Stamps for callers that are not asynchronous."""

from pathlib import Path

import httpx
import pytest

from lab.threaded import running_in_thread


def test_a_caller_that_is_not_asynchronous_can_use_them_too(tmp_path: Path) -> None:
    with running_in_thread(1, tmp_path) as stamps:
        (only,) = stamps.lab.stamps
        stamps.do(only.functions.kill)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{only.api}/health", trust_env=False)
        stamps.do(only.restore)
        assert httpx.get(f"{only.api}/health", trust_env=False).status_code == 200
    assert not only.functions.process.runs
