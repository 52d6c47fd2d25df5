"""Write docs/openapi.json and docs/asyncapi.json: `python -m contracts [--check]`.

With --check nothing is written, and the exit status is 1 when one of them is stale.
"""

import argparse
import json
import sys
from pathlib import Path

from contracts import asyncapi, openapi

DOCS = Path(__file__).resolve().parent.parent / "docs"


def texts() -> dict[str, str]:
    """By file name, what the documents have to be."""
    documents = {"openapi.json": openapi.document(), "asyncapi.json": asyncapi.document()}
    return {name: json.dumps(said, indent=1) + "\n" for name, said in documents.items()}


def main() -> int:
    """0, or 1 if --check was given and a document is stale."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether they are fresh")
    args = parser.parse_args()
    stale = {
        name: text
        for name, text in texts().items()
        if not (DOCS / name).exists() or (DOCS / name).read_text() != text
    }
    for name, text in stale.items() if not args.check else ():
        (DOCS / name).write_text(text)
        print(f"docs/{name} is written")
    if args.check and stale:
        print(f"stale: {', '.join(stale)}. Run `make contracts`.")
    return int(args.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
