"""`helpdesk schemas`: are the contracts current and compatible; publish them to a registry."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="The contracts of the topics.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Exit 1 when a generated file is not current or a schema breaks a former version."""
    from schemas.generate import faults

    problems = faults()
    for problem in problems:
        typer.echo(problem, err=True)
    typer.echo(f"{len(problems)} problems" if problems else "All schemas are current and compatible with their former versions.")
    raise typer.Exit(1 if problems else 0)


@app.command()
def publish(registry: Annotated[str, typer.Argument(help="Address of a Confluent-compatible schema registry.")]) -> None:
    """Register every schema under its own name; values in the topics stay plain JSON."""
    import httpx

    from schemas.generate import schema_of, text_of
    from schemas.registry import schema_names

    with httpx.Client(base_url=registry.rstrip("/"), timeout=15) as client:
        for name in schema_names():
            answer = client.post(f"/subjects/{name}/versions", json={"schemaType": "JSON", "schema": text_of(schema_of(name))})
            if answer.is_error:
                typer.echo(f"{name}: the registry answered {answer.status_code}: {answer.text[:200]}", err=True)
                raise typer.Exit(1)
            typer.echo(f"{name}: id {answer.json()['id']}")
