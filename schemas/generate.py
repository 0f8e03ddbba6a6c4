"""Write the committed contracts from the models: `json/*.schema.json`, their versions, `asyncapi.yaml`.

python -m schemas.generate          writes them
python -m schemas.generate --check  exits 1 when a file is not current, or a schema breaks a former version
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from schemas.registry import MODELS, TICKET_EVENT_TYPES, schema_name, schema_names
from schemas.topics import TOPICS, Topic

HERE = Path(__file__).parent
JSON = HERE / "json"
VERSIONS = JSON / "versions"
Schema = dict[str, Any]


def schema_of(name: str) -> Schema:
    """The JSON Schema (2020-12) of a schema name, as readers see it: unknown fields are allowed."""
    schema = schema_names()[name].model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:helpdesk:schema:{name}", **schema}


def text_of(schema: Schema) -> str:
    """The file's text."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def asyncapi() -> Schema:
    """The AsyncAPI 3.0 document of all topics."""
    channels, operations, messages = {}, {}, {}
    for topic in TOPICS:
        types = _types(topic)
        channels[topic.name] = {
            "address": topic.name, "description": topic.about, "messages": {t: {"$ref": f"#/components/messages/{t}"} for t in types},
            "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": {"cleanup.policy": [topic.cleanup], "retention.ms": topic.retention_ms}}},
            "x-key": topic.key, "x-routing": topic.routing or topic.key, "x-writers": list(topic.writers), "x-readers": list(topic.readers),
        }  # fmt: skip
        for service in topic.writers:
            operations[f"{service}.sends.{topic.name}".replace(" ", "-")] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
        for t in types:
            payload = {"$ref": f"./json/{schema_name(t)}.schema.json"} if t in MODELS else {"type": "string", "format": "binary"}
            messages[t] = {
                "name": t, "contentType": "application/json" if t in MODELS else "message/rfc822", "payload": payload, "bindings": {"kafka": {"key": {"type": "string"}}},
                "summary": TICKET_EVENT_TYPES.get(t.removeprefix("helpdesk.ticket.").removesuffix(".v1"), topic.about),
            }  # fmt: skip
    return {
        "asyncapi": "3.0.0", "info": {"title": "Helpdesk", "version": "1.0.0", "description": "CloudEvents 1.0 in Kafka's binary mode; values are plain JSON."},
        "defaultContentType": "application/json", "channels": channels, "operations": operations, "components": {"messages": messages},
    }  # fmt: skip


def _types(topic: Topic) -> list[str]:
    if topic.name == "ticket.events":
        return [f"helpdesk.ticket.{name}.v1" for name in TICKET_EVENT_TYPES]
    return list(topic.types)


def files() -> dict[Path, str]:
    """Every generated file and its text, without the versions."""
    out = {JSON / f"{name}.schema.json": text_of(schema_of(name)) for name in schema_names()}
    out[HERE / "asyncapi.yaml"] = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=140)
    return out


def former(name: str) -> list[Schema]:
    """All committed versions of a schema, oldest first."""
    paths = sorted(VERSIONS.glob(f"{name}.*.json"), key=lambda p: int(p.name.rsplit(".", 2)[1]))
    return [json.loads(p.read_text(encoding="utf-8")) for p in paths]


def breaks(old: Schema, new: Schema, where: str = "") -> list[str]:
    """What a reader of the old schema would trip over in the new one: fields gone, retyped, values taken away, fields newly optional to miss."""
    found: list[str] = []
    if old.get("type") != new.get("type") and "type" in old:
        found.append(f"{where or 'value'}: type {old.get('type')} became {new.get('type')}")
    found += [f"{where}: value {v!r} was taken away" for v in old.get("enum", []) if v not in new.get("enum", [v])]
    for name, part in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            found.append(f"{where}.{name} was removed")
        else:
            found += breaks(part, new["properties"][name], f"{where}.{name}")
    found += [f"{where}.{n} is no longer always there" for n in old.get("required", []) if n not in new.get("required", [])]
    if "$ref" in old and old["$ref"] != new.get("$ref"):
        found.append(f"{where}: {old['$ref']} became {new.get('$ref')}")
    for name, part in old.get("$defs", {}).items():
        if name in new.get("$defs", {}):
            found += breaks(part, new["$defs"][name], f"{where}#{name}")
    return found


def write() -> None:
    """Write every file; a changed schema gets a new version beside its former ones."""
    VERSIONS.mkdir(parents=True, exist_ok=True)
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
    for name in schema_names():
        versions = former(name)
        if not versions or versions[-1] != schema_of(name):
            (VERSIONS / f"{name}.{len(versions) + 1}.json").write_text(text_of(schema_of(name)), encoding="utf-8")


def faults() -> list[str]:
    """Files that are not current, and broken promises to former versions."""
    found = [
        f"{p.relative_to(HERE)} is not current; run `make schemas`"
        for p, text in files().items()
        if not p.exists() or p.read_text("utf-8") != text
    ]
    for name in schema_names():
        found += [f"{name}: {fault}" for version in former(name) for fault in breaks(version, schema_of(name))]
    return found


if __name__ == "__main__":
    if "--check" in sys.argv:
        problems = faults()
        print("\n".join(problems) or "schemas are current and compatible")
        sys.exit(bool(problems))
    write()
