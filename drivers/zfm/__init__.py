"""R30x, R503 and kin: the sensors whose packets start with EF 01."""
