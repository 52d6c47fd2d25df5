"""One stamp whose app and page are taken anew when their files change: `make run`.

    this process                                    the app: `python -m local.functions`
      page, /api/* ───────────────────────────────▶   one process for each version
      SignalR emulator, with everybody's sockets ──▶
      storage (tables and queues, in memory) ◀──────

A new version is started beside the old one. When it is ready, it gets all calls, and the old one
ends when it has answered; if it does not load, its error is printed and the old one goes on. So
sockets, rooms and calls survive both. What only the app's memory knows does not, such as how many
admissions a network has left.
"""

import asyncio
import logging
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from local import changes, page_build, static, statistics
from local.cluster import Cluster, NoInstance
from local.emulator import TIERS, Options, Service
from local.functions.bindings import HostRefusal
from local.functions.cors import Cors
from local.functions.host import cors_middleware
from local.functions.host_json import read_host_json, route_prefix
from local.serving import Served, listen, port_of, serve, serving
from local.single import OPEN_HERE, Plan, read_settings, ready_text, set_environment
from local.storage import Account, application
from local.storage import connection_string as storage_setting

APP_KINDS = frozenset({".py", ".sql", ".toml"})
PAGE_KINDS = frozenset({".ts", ".css", ".html", ".svg", ".png", ".json", ".webmanifest", ".js"})
PAGE = ("client/src", "web/src", "web/stats", "web/public", "web/index.html", "web/vite.config.ts")
log = logging.getLogger("local")
_SHOWN = 3  # names of changed files in a line


async def run(plan: Plan) -> None:
    """Until SIGINT or SIGTERM. Raises HostRefusal."""
    sockets = listen(plan.ports.page, "--port")
    signalr_sockets = listen(plan.ports.signalr, "--signalr-port")
    settings = read_settings(plan.app_dir)
    signalr = f"http://localhost:{port_of(signalr_sockets)}"
    set_environment(plan, settings.values, signalr)
    statistics.prepare(os.environ)
    page = static.page(plan.app_dir / "web", [signalr])
    cors = settings.cors if settings.cors.origins else OPEN_HERE
    of_app = _routes_of_app(plan.app_dir)
    emulator = Options(
        endpoint=signalr, allowed_origins=settings.cors.origins, quotas=TIERS[plan.signalr_tier]
    )
    async with _app(plan, signalr) as app:
        if started := await _starts(app):
            service = Service(deliver=app.deliver, options=emulator)
            front = _front(app.app, of_app, page, cors)
            served = [Served(front, sockets), Served(service.app, signalr_sockets)]
            said = ready_text(plan, sockets, signalr_sockets, page is not None)
            async with _watching(plan.app_dir, app, page):
                await serve(served, partial(print, said, end="", flush=True), service.stop)
    # Not inside: what leaves a group of tasks comes out as a group of exceptions.
    if not started:
        raise HostRefusal("So nothing was started.")


@asynccontextmanager
async def _app(plan: Plan, signalr: str) -> AsyncIterator[Cluster]:
    """The app, of which no version is started yet; with storage for all its versions."""
    async with _storage() as storage:
        app = Cluster(plan.app_dir, storage, plan.concurrency, options=_queues(storage))
        app.signalr = signalr
        try:
            yield app
        finally:
            await app.close()


async def _starts(app: Cluster) -> bool:
    try:
        await app.start()
    except NoInstance:  # it has said why
        return False
    return True


@asynccontextmanager
async def _storage() -> AsyncIterator[dict[str, str]]:
    """The settings that let every version of the app find the rooms of those before.

    None where a storage account is named, because there they are.
    """
    if os.environ.get("HELIOGRAPH_STORAGE") != "memory":
        yield {}
        return
    account, sockets = Account(Path(":memory:")), listen(0, "--port")
    async with serving([Served(application(account), sockets)]):
        url = f"http://127.0.0.1:{port_of(sockets)}"
        yield {"AzureWebJobsStorage": storage_setting(url), "HELIOGRAPH_STORAGE": "table"}
    account.close()


def _queues(storage: Mapping[str, str]) -> Sequence[str]:
    return ["--queues", "account"] if storage else []


def _routes_of_app(app_dir: Path) -> tuple[str, ...]:
    """How the paths begin that are not those of the page."""
    prefix = route_prefix(read_host_json(app_dir, os.environ))
    return tuple(f"/{name}/" for name in (prefix, "runtime", "admin"))


def _front(app: ASGIApp, of_app: tuple[str, ...], page: ASGIApp | None, cors: Cors) -> ASGIApp:
    """The app's routes to the app, everything else to the page."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        to: ASGIApp = Response(status_code=204 if scope["path"] == "/" else 404)
        if scope["path"].startswith(of_app):
            to = app
        elif page is not None and scope["method"] in ("GET", "HEAD"):
            to = page
        await to(scope, receive, send)

    return Starlette(routes=[Mount("/", answer)], middleware=cors_middleware(cors))


@asynccontextmanager
async def _watching(app_dir: Path, app: Cluster, page: static.Page | None) -> AsyncIterator[None]:
    """Inside this block changes are looked for."""
    watching = [_watch_app(app_dir, app), _watch_end(app)]
    if page is not None and page_build.can_build(app_dir):
        watching.append(_watch_page(app_dir, page))
    tasks = [asyncio.create_task(each) for each in watching]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("Changes were not looked for: %s", type(ended).__name__)


async def _watch_app(app_dir: Path, app: Cluster) -> None:
    see = partial(changes.look, app_dir, _app_files(app_dir), APP_KINDS)
    async for changed in changes.changes(see):
        began, old = time.monotonic(), tuple(app.instances)
        if not await _starts(app):
            _say(f"{_names(changed)} changed: not reloaded; the last good version goes on serving.")
            continue
        retiring = [asyncio.create_task(app.retire(one)) for one in old if one in app.instances]
        _say(f"{_names(changed)} changed: reloaded in {time.monotonic() - began:.1f} s.")
        await asyncio.gather(*retiring)


def _app_files(app_dir: Path) -> list[str]:
    """What is deployed, as .funcignore names it; every module where there is none."""
    listed = app_dir / ".funcignore"
    if not listed.is_file():
        return [".", "host.json"]
    lines = listed.read_text().splitlines()
    return [line.removeprefix("!/") for line in lines if line.startswith("!/")]


async def _watch_end(app: Cluster) -> None:
    """An app that ends by itself is told of, once; the next change starts it again."""
    while True:
        await asyncio.sleep(changes.LOOK_SECONDS)
        for each in tuple(app.instances):
            if each.process.returncode is not None:
                app.instances.remove(each)
                status = each.process.returncode
                _say(f"The app has ended (status {status}). Save a file of it to start it again.")


async def _watch_page(app_dir: Path, page: static.Page) -> None:
    with tempfile.TemporaryDirectory(prefix="heliograph-page-") as folder:
        see = partial(changes.look, app_dir, PAGE, PAGE_KINDS)
        async for changed in changes.changes(see):
            began = time.monotonic()
            out = Path(tempfile.mkdtemp(dir=folder))
            try:
                await page_build.build(app_dir, out)
            except page_build.NotBuilt as error:
                _say(f"{error}\n{_names(changed)} changed: not built; the last good page stays.")
                continue
            for old in page.put_first(out):
                shutil.rmtree(old, ignore_errors=True)
            _say(f"{_names(changed)} changed: page built in {time.monotonic() - began:.1f} s.")


def _names(changed: Sequence[Path]) -> str:
    shown = ", ".join(path.as_posix() for path in changed[:_SHOWN])
    return shown + (f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else "")


def _say(text: str) -> None:
    print(text, flush=True)
