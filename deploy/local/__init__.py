"""The `./agenda` command: install, run, test and check on one machine. Standard library only, Python 3.11 or later."""
