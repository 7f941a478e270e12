"""Delivery: what is on disk reaches Kemru, exactly once in effect, at the pace Kemru allows, whatever happens on the way.

Import its modules by their own names. `report` and `standing` are needed from the first finger on; the others bring all that
talks to Kemru, which the daemon loads when the scanner is ready.
"""
