"""Pure rules: decoded values in, problems out. No network, no clock, no file."""
