"""The committed contracts are current, compatible with every former version, and every sample is read by every reader."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from schemas.generate import breaks, faults, schema_of
from schemas.registry import MODELS, TICKET_EVENT_TYPES, schema_name
from schemas.topics import BY_NAME, TOPICS
from services.runtime.codec import Record
from services.tickets import inputs

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "schemas/samples").glob("*.json"))


def test_generated_files_are_current_and_break_no_former_version() -> None:
    assert faults() == []


def test_a_removed_a_retyped_and_an_optional_field_are_breaks() -> None:
    old = {"properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}, "required": ["c"]}
    new = {"properties": {"a": {"type": "integer"}, "c": {"type": "string"}}, "required": []}
    assert breaks(old, new) == [".a: type string became integer", ".b was removed", ". is no longer always there".replace(". ", ".c ")]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_a_sample_is_read_by_model_and_schema(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    kind = sample["headers"]["ce_type"]
    jsonschema.validate(sample["value"], schema_of(schema_name(kind)), cls=jsonschema.Draft202012Validator)
    model = MODELS[kind].model_validate({**sample["value"], "a_field_of_tomorrow": 1})
    again = json.loads(model.model_dump_json(by_alias=True))
    assert {k: v for k, v in again.items() if k in sample["value"]}.keys() == sample["value"].keys()


@pytest.mark.parametrize("path", [p for p in SAMPLES if json.loads(p.read_text("utf-8"))["topic"] in inputs.TOPICS], ids=lambda p: p.stem)
def test_the_consumer_decodes_its_samples(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    record = Record(
        topic=sample["topic"],
        partition=0,
        offset=0,
        key=sample["key"],
        value=json.dumps(sample["value"]).encode(),
        headers=sample["headers"],
    )
    item = inputs.decode(record, None)
    assert item is not None
    assert item.id == sample["headers"]["ce_id"]


def test_there_is_a_sample_of_every_topic_with_json_that_the_pipeline_writes() -> None:
    topics = {json.loads(p.read_text(encoding="utf-8"))["topic"] for p in SAMPLES}
    unwritten = {"mail.raw", "mail.tokens", "chat.raw", "identity.changes", "ai.signals", "ai.rewrites", "ai.rewritten"}
    assert topics == {t.name for t in TOPICS} - unwritten


def test_code_names_no_topic_that_is_not_declared() -> None:
    families = "mail|chat|message|ticket|config|command|customer|identity|ai|delivery|ops"
    names = re.compile(rf"""topic(?:s|=|_name)?\W{{1,6}}["']((?:{families})\.[a-z]+)["']""")
    found = {n for p in (ROOT / "services").rglob("*.py") for n in names.findall(p.read_text(encoding="utf-8"))}
    assert found <= set(BY_NAME)


def test_asyncapi_lists_every_topic_and_event() -> None:
    document = yaml.safe_load((ROOT / "schemas/asyncapi.yaml").read_text(encoding="utf-8"))
    assert set(document["channels"]) == set(BY_NAME)
    assert len(document["channels"]["ticket.events"]["messages"]) == len(TICKET_EVENT_TYPES)


def test_every_event_the_domain_emits_is_declared() -> None:
    emitted: set[str] = set()
    for path in (ROOT / "services/tickets/domain").glob("*.py"):
        emitted |= set(re.findall(r"""\.emit\(\s*f?["']([a-z_]+)["']""", path.read_text(encoding="utf-8")))
    assert emitted
    assert emitted <= set(TICKET_EVENT_TYPES)
