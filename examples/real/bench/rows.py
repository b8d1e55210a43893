"""All rows of an application's database, and what of them a scan changed."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

# A row is (table, key, columns). A table whose name begins with `+` goes with another object (a wallet that every
# account is born with): a row added there is not counted as left behind; one that changes or goes is harm like any other.
Row = tuple[str, object, object]


def sqlite(file: Path, skip: Iterable[str] = (), volatile: Iterable[str] = ()) -> Iterator[Row]:
    """The rows of an SQLite file. `skip`: tables (regular expressions); `volatile`: `column` or `table.column`."""
    found = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)
    found.text_factory = lambda raw: raw.decode("utf-8", "replace")
    tables = found.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'").fetchall()
    for (table,) in tables:
        if any(re.fullmatch(pattern, table) for pattern in skip):
            continue
        columns = found.execute(f'pragma table_info("{table}")').fetchall()
        keys = [column[1] for column in sorted(columns, key=lambda column: column[5]) if column[5]]
        for row in found.execute(f'select * from "{table}"').fetchall():
            whole = {column[1]: value.hex() if isinstance(value, bytes) else value for column, value in zip(columns, row)}
            yield table, [whole[key] for key in keys] or whole, calm(table, whole, volatile)


def postgres(database, skip: Iterable[str] = (), volatile: Iterable[str] = ()) -> Iterator[Row]:
    """The rows of a PostgreSQL database, with the same two lists."""
    keys: dict[str, list[str]] = {}
    for line in database.lines("select c.relname || ' ' || a.attname from pg_index i join pg_class c on c.oid = i.indrelid "
                               "join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey) where i.indisprimary"):
        table, column = line.split(" ")
        keys.setdefault(table, []).append(column)
    for table in database.lines("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"):
        if any(re.fullmatch(pattern, table) for pattern in skip):
            continue
        for line in database.lines(f'select row_to_json(t) from "{table}" t'):
            whole = json.loads(line)
            yield table, [whole[key] for key in keys.get(table, [])] or whole, calm(table, whole, volatile)


def calm(table: str, row: dict, volatile: Iterable[str]) -> dict:
    """The row without the columns that change by themselves."""
    return {key: value for key, value in row.items() if key not in volatile and f"{table}.{key}" not in volatile}


def picture(rows: Iterable[Row]) -> dict[tuple[str, str], str]:
    """The rows in a form that can be compared."""
    return {(table, json.dumps(key, default=str)): json.dumps(row, sort_keys=True, default=str) for table, key, row in rows}


def harm(before: dict, after: dict) -> list[str]:
    """Rows from before the scan that changed or went."""
    return [f"{table} {key[:60]}: {difference(row, after.get((table, key)))}"
            for (table, key), row in before.items() if after.get((table, key)) != row]


def left(before: dict, after: dict) -> list[str]:
    """Rows that the scan added and did not remove."""
    return [f"{table} {key[:60]} {row[:160]}" for (table, key), row in after.items()
            if (table, key) not in before and not table.startswith("+")]


def difference(before: str, after: str | None) -> str:
    """Which columns changed, and how."""
    if after is None:
        return "gone: " + before[:200]
    old, new = json.loads(before), json.loads(after)
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return f"{before[:120]} -> {after[:120]}"
    return "; ".join(f"{key}: {json.dumps(value)[:90]} -> {json.dumps(new.get(key))[:90]}" for key, value in old.items() if value != new.get(key))
