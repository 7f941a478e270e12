"""The two pages: one for the people at the glass, one for the administrator."""
