"""A table of things that are sent once: the same reference again is counted, not kept."""

from typing import Any

from kiosk.sandbox.book import Book


class Ledger:
    """Rows of `table` by their `reference`; `content` names the columns that must not differ when one comes again."""

    def __init__(self, book: Book, table: str, content: tuple[str, ...]) -> None:
        self._book = book
        self._table = table
        self._content = content
        self._find = f"SELECT * FROM {table} WHERE reference = ?"  # noqa: S608  the table's name is ours
        self._count = f"UPDATE {table} SET duplicates = duplicates + 1, conflicts = conflicts + ? WHERE reference = ?"  # noqa: S608

    def add(self, row: dict[str, Any]) -> bool:
        """Keep `row`; False if its reference is known, which is counted, and whether it said something else then."""
        with self._book.change():
            known = self._book.rows(self._find, row["reference"])
            if known:
                differs = any(known[0][name] != row[name] for name in self._content)
                self._book.do(self._count, int(differs), row["reference"])
            else:
                self._book.insert(self._table, row)
            return not known
