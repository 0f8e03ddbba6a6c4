"""`helpdesk topics`: what the log holds, and following one topic."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from deploy.embedded.home import Home
from services.cli.environment import read_env
from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

app = typer.Typer(help="List the topics, or follow one.", invoke_without_command=True)

_SHOWN_VALUE = 300


@app.callback(invoke_without_command=True)
def topics(context: typer.Context, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List every topic with its partitions and how many offsets it spans."""
    if context.invoked_subcommand is not None:
        return
    consumer = _consumer(home)
    try:
        found = sorted(_describe(consumer), key=lambda row: str(row["name"]))
    finally:
        consumer.close()
    if as_json:
        print(json.dumps(found))
        return
    for row in found:
        print(f"{row['name']:<28} {row['partitions']:>3} partitions {row['offsets']:>10} offsets")


@app.command()
def tail(
    name: Annotated[str, typer.Argument(help="The topic.")],
    from_beginning: Annotated[bool, typer.Option("--from-beginning", "-b", help="Start with the oldest record.")] = False,
    count: Annotated[int | None, typer.Option("--count", "-n", help="Stop after so many records.", min=1)] = None,
    until_end: Annotated[bool, typer.Option("--until-end", "-e", help="Stop at the end instead of waiting for more.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Do not shorten values.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Print records as they come: partition, offset, key, type and value. Ctrl-C ends it."""
    consumer = _consumer(home)
    try:
        for number, record in enumerate(_records(consumer, name, from_beginning=from_beginning, until_end=until_end), start=1):
            shown = _show(record)
            print(json.dumps(shown) if as_json else _line(shown, whole=whole), flush=True)
            if count is not None and number >= count:
                return
    except KeyboardInterrupt:
        return
    except KafkaException as error:
        print(f"{name}: {error.args[0].str()}", file=sys.stderr)
        raise typer.Exit(1) from None
    finally:
        consumer.close()


def _consumer(home: Any) -> Consumer:
    try:
        env = read_env(Home.at(home))
    except FileNotFoundError:
        print(f"nothing runs in {Home.at(home).root}: helpdesk up", file=sys.stderr)
        raise typer.Exit(1) from None
    return Consumer(
        {
            "bootstrap.servers": env["KAFKA_BOOTSTRAP_SERVERS"],
            "group.id": f"helpdesk-cli-{uuid.uuid4().hex}",  # asked for by the client, never joined: partitions are assigned by hand
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "log_level": 2,
        }
    )


def _describe(consumer: Consumer) -> Iterator[dict[str, Any]]:
    for topic in consumer.list_topics(timeout=10).topics.values():
        if topic.topic.startswith("__"):
            continue
        spans = [consumer.get_watermark_offsets(TopicPartition(topic.topic, p), timeout=10) for p in topic.partitions]
        yield {"name": topic.topic, "partitions": len(topic.partitions), "offsets": sum(high - low for low, high in spans)}


def _records(consumer: Consumer, name: str, *, from_beginning: bool, until_end: bool) -> Iterator[Message]:
    known = consumer.list_topics(timeout=10).topics
    if name not in known:
        raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "there is no such topic; helpdesk topics lists them"))
    where = -2 if from_beginning else -1  # the client's own codes for the first and the next offset
    open_partitions = set(known[name].partitions)
    consumer.assign([TopicPartition(name, p, where) for p in open_partitions])
    while open_partitions or not until_end:
        record = consumer.poll(0.5)
        if record is None:
            continue
        error = record.error()
        if error is None:
            yield record
        elif error.code() == KafkaError._PARTITION_EOF:
            open_partitions.discard(record.partition())
        else:
            raise KafkaException(error)


def _show(record: Message) -> dict[str, Any]:
    pairs = cast("list[tuple[str, bytes | None]]", record.headers() or [])
    headers = {key: _text(value) for key, value in pairs}
    kind, written = record.timestamp()
    return {
        "partition": record.partition(),
        "offset": record.offset(),
        "time": datetime.fromtimestamp(written / 1000, UTC).isoformat(timespec="milliseconds") if kind else None,
        "key": _text(record.key()),
        "headers": headers,
        "value": _text(record.value()),
    }


def _text(value: bytes | str | None) -> str | None:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _line(shown: dict[str, Any], *, whole: bool) -> str:
    value = "(null)" if shown["value"] is None else shown["value"]
    if not whole and len(value) > _SHOWN_VALUE:
        value = f"{value[:_SHOWN_VALUE]}… ({len(value)} characters)"
    return f"{shown['partition']}@{shown['offset']} {shown['time']} {shown['headers'].get('ce_type', '-')} key={shown['key']} {value}"
