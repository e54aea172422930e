"""Domain values: enumerations and their French words, without I/O."""
