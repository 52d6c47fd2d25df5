"""`python -m stats replay`: put poisoned reports back into the queue, to be written again."""

import argparse
import os
import sys

from cloud.queues import QueueAway, Queues, read_account
from stats.commands.database import credential

STORAGE = "AzureWebJobsStorage"
SCOPE = "https://storage.azure.com/.default"
QUEUE = "reports"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"{STORAGE} (or {STORAGE}__accountName, opened as whoever is logged in) says where the "
        "queue is. Interrupt it at will. The queue of the local stack ends with its process."
    )


def run(args: argparse.Namespace) -> int:
    moved = 0
    try:
        account = read_account(
            os.environ, STORAGE, lambda: str(credential().get_token(SCOPE).token)
        )
        with Queues(account) as queues:
            for some in queues.replay(QUEUE):
                moved += some
    except (ValueError, QueueAway) as error:
        print(f"{moved} moved; then: {error}.", file=sys.stderr)
        return 1
    print(f"{moved} moved")
    return 0
