"""A folder that takes every file that is sent into its room; the package makes the names safe."""

import argparse
import asyncio
import hashlib
import secrets
import sys
from contextlib import suppress
from pathlib import Path

import heliograph


def key_of(folder: Path) -> str:
    """Who we are, and what the room's name is made of: both stay the same. Raises OSError."""
    if not (path := folder / ".heliograph-drop").exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text()


async def drop(folder: Path, backend: str, page: str) -> None:
    """Take files until the room is closed. Raises HeliographError that says why it was."""
    key = key_of(folder)
    name = f"drop-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    joining = heliograph.join(backend, name, name="File drop", secret=key, receive_media=False)
    async with joining as room:
        print(f"Send files to {page}?room={room.id}", flush=True)
        under_way = set[heliograph.Transfer]()
        async for event in room.events():
            match event:
                case heliograph.FileOffered(_, file):
                    under_way.add(file)
                    with suppress(heliograph.HeliographError):  # told as the end of the transfer
                        await file.accept(folder)
                case heliograph.TransferUpdated(file) if file.ended and file in under_way:
                    under_way.remove(file)
                    print(file.saved_as or f"{file.path}: {file.error}", flush=True)
                case heliograph.Closed(code, message):
                    raise heliograph.HeliographError(code, message)


def main() -> None:
    """Exits with 1 and a word about what is wrong, or with 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description="Take every file that is sent.")
    parser.add_argument("folder", type=Path, help="where the files go; it has to be there")
    parser.add_argument("--backend", default="http://localhost:7071/api", help="%(default)s")
    parser.add_argument("--page", help="where the page is; default: beside the backend")
    options = parser.parse_args()
    page = options.page or options.backend.rstrip("/").removesuffix("api")
    try:
        asyncio.run(drop(options.folder, options.backend, page))
    except KeyboardInterrupt:
        sys.exit(130)
    except (heliograph.HeliographError, OSError) as error:
        sys.exit(f"file_drop: {error}")


if __name__ == "__main__":
    main()
