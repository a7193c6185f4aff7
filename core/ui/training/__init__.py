"""The Training page: curves of runs, going on or finished."""
