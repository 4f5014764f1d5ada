"""What `benchmarks.features` sets beside our own engine, and the days it is asked about."""
