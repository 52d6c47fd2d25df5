from collections.abc import AsyncIterator

import pytest

from tests.local.emulator.support import Emulator, emulating


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with emulating() as running:
        yield running
