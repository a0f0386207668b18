"""The command `securemsg`, and `python -m securemsg`."""

from securemsg.starting import kept


def main() -> None:
    """Load what every command needs, then run the one that was asked for."""
    with kept():
        from securemsg.cli import main as run
    run()


if __name__ == "__main__":
    main()
