"""Values that every room shares: enumerations and their French words, without I/O."""
