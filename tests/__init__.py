"""Tests. Nothing here needs a network; what needs a browser or real films says so when it is skipped."""
