"""`python -m stats replay`: put poisoned reports back into the queue, to be written again."""

import argparse
import os
import sys
from collections.abc import Iterator

from cloud.queues import QueueAway, Queues, read_account
from stats.commands.database import credential

STORAGE = "AzureWebJobsStorage"
SCOPE = "https://storage.azure.com/.default"
QUEUE = "reports"
# The Functions host moves a message here after `maxDequeueCount` tries (host.json).
POISON_SUFFIX = "-poison"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add no options: the settings of the Functions host say where the queue is."""
    parser.epilog = (
        f"{STORAGE} (or {STORAGE}__accountName, opened with the login of this user) says where the "
        "queue is. The command may be stopped at any time. The queue of the local stack ends with "
        "its process."
    )


def run(args: argparse.Namespace) -> int:
    """Print how many messages were moved. 1 with a sentence on stderr if the queue is away."""
    moved = 0
    try:
        account = read_account(
            os.environ, STORAGE, lambda: str(credential().get_token(SCOPE).token)
        )
        with Queues(account) as queues:
            for count in replay(queues, QUEUE):
                moved += count
    except (ValueError, QueueAway) as error:
        print(f"{moved} moved; then: {error}.", file=sys.stderr)
        return 1
    print(f"{moved} moved")
    return 0


def replay(queues: Queues, queue: str) -> Iterator[int]:
    """Move the poisoned messages of `queue` back into it. Yields how many, at each step.

    A message is put first and deleted then. If the command stops in between, the message is there
    twice, and the report is written once. Raises QueueAway.
    """
    while messages := queues.take(queue + POISON_SUFFIX):
        for message in messages:
            queues.put(queue, message.text)
            queues.delete(queue + POISON_SUFFIX, message)
        yield len(messages)
