"""Speed, as ratios taken in one run: machines differ, ratios less so. ``make bench`` prints them and writes bench.json."""
