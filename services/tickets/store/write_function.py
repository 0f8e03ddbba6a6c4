"""The database function that writes a small batch: one statement for all of its tables.

A batch of one mail wrote twenty statements before; parsing, planning and answering each cost more than the rows themselves.
"""

from services.tickets.store.tables import CHANGES, COLUMNS, HEARD, ORDER, conflict, expression

NAME = "helpdesk.write_rows"


def create_write_function() -> str:
    """`helpdesk.write_rows(rows jsonb)`: an object of row lists by table, written in the order that satisfies references.

    Created anew at every migration: it follows `COLUMNS`, and holds no state.
    """
    body = "\n".join(_block(table) for table in ORDER)
    heard = "\n".join(f"  IF rows ? '{table}' THEN PERFORM pg_notify('{table}', ''); END IF;" for table in HEARD)
    return (
        f"CREATE OR REPLACE FUNCTION {NAME}(rows jsonb) RETURNS void LANGUAGE plpgsql"
        f" SET search_path = helpdesk, public, pg_temp AS $$\nBEGIN\n{body}\n{heard}\nEND $$;\n"
        f"REVOKE ALL ON FUNCTION {NAME}(jsonb) FROM PUBLIC;\n"
        f"GRANT EXECUTE ON FUNCTION {NAME}(jsonb) TO helpdesk_tickets;"
    )


def _block(table: str) -> str:
    given = f"rows -> '{table}'"
    if table in CHANGES:
        statement = CHANGES[table].of_rows.format(given)
    else:
        columns = COLUMNS[table]
        chosen = ", ".join(expression(table, c, f"e.value ->> '{c}'" if expression(table, c, "") else f"r.{c}") for c in columns)
        left_out = "".join(f" - '{c}'" for c in columns if expression(table, c, ""))
        statement = (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM jsonb_array_elements({given}) WITH ORDINALITY AS e (value, place)"
            f" CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, e.value{left_out}) AS r ORDER BY e.place {conflict(table)}"
        )
    return f"  IF rows ? '{table}' THEN {statement}; END IF;"
