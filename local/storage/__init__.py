"""A storage account in a process of its own: the part of tables and queues that Heliograph uses.

What is not here is answered 501. What was acknowledged survives the end of the process, as in
Azure: it is in a SQLite file.

    python -m local.storage --file account.sqlite     by itself
    Account(file), application(account)               inside another process
"""

from local.storage.account import ACCOUNT, KEY, Account, connection_string
from local.storage.service import application

__all__ = ["ACCOUNT", "KEY", "Account", "application", "connection_string"]
