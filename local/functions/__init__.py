"""The Azure Functions host on one machine: it loads an app, checks it and runs its triggers.

Around Microsoft's own worker code (`azure-functions-runtime`). `host.py` puts it together.
"""
