"""`python -m clusterd`: start the daemon."""

from clusterd.daemon.main import main

if __name__ == "__main__":
    main()
