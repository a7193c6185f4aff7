"""Speed, as ratios taken in one run: machines differ, ratios less so. ``make bench`` prints and stores them."""
