"""Pure decisions: values in, values out. Never reads a clock, a file, the environment, or randomness."""
