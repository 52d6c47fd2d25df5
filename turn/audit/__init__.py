"""What a TURN server gives to strangers, and what one credential opens. docs/turn.md, Audit.

    python -m turn.audit HOST[:PORT] [--json] [--flood] [--user U --password P] [--secret S]

`probes` and `peers` say what is asked, `exchange`, `client` and `access` ask it, `findings` is what
was learnt, `verdicts` judges that, `report` shows both. Only the second group knows sockets and the
clock, and it sends to the server named and to nobody else.
"""
