"""The command from outside: what it prints and how it exits, with and without a running system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import imapclient
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from typer.testing import CliRunner

from deploy.embedded.home import Home
from services.cli.environment import desk, external_servers, load_dotenv, secret_key
from services.cli.main import GROUPS, app
from services.cli.run import SERVICES
from tests.servers import Servers

runner = CliRunner()


@pytest.fixture
def home(tmp_path: Path, servers: Servers) -> Path:
    """A folder that says, as `helpdesk up` would, where the servers of this session are."""
    (smtp, smtp_port), (imap, imap_port) = servers.smtp, servers.imap
    values = {
        "HELPDESK_URL": "http://127.0.0.1:1",
        "KAFKA_BOOTSTRAP_SERVERS": servers.kafka,
        "SUPPORT_ADDRESS": f"{uuid.uuid4().hex}@helpdesk.example",
        "SAMPLE_SMTP_HOST": smtp,
        "SAMPLE_SMTP_PORT": smtp_port,
        "SAMPLE_IMAP_HOST": imap,
        "SAMPLE_IMAP_PORT": imap_port,
    }
    (tmp_path / "env").write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    return tmp_path


def read_env(home: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (home / "env").read_text().splitlines())


def test_help_names_the_verbs_and_is_quick_to_import() -> None:
    shown = runner.invoke(app, ["--help"])
    assert shown.exit_code == 0
    for verb in ("up", "down", "status", "run", "env", "mail", "topics"):
        assert verb in shown.output
    code = "import sys, services.cli.main; print([m for m in ('confluent_kafka', 'psycopg', 'fastapi', 'onnxruntime', 'faust') if m in sys.modules])"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_group_is_registered() -> None:
    assert {"mail", "user", "mailbox", "keys", "ai", "topics", "dlq", "trace", "rebuild", "schemas"} <= set(GROUPS)


@pytest.mark.parametrize("command", [["env"], ["mail", "send"], ["topics"]])
def test_without_a_system_it_says_how_to_start_one(command: list[str], tmp_path: Path) -> None:
    done = runner.invoke(app, [*command, "--home", str(tmp_path / "none")])
    assert done.exit_code == 1
    assert "helpdesk up" in done.output


def test_status_of_nothing_is_empty_and_down_is_harmless(tmp_path: Path) -> None:
    shown = runner.invoke(app, ["status", "--json", "--home", str(tmp_path / "none")])
    assert json.loads(shown.output) == {"servers": [], "services": [], "mailboxes": []}
    assert runner.invoke(app, ["down", "--home", str(tmp_path / "none")]).exit_code == 0


def test_wipe_refuses_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    done = runner.invoke(app, ["down", "--wipe", "--home", str(tmp_path)])
    assert done.exit_code == 1
    assert (tmp_path / "thesis.txt").exists()


def test_an_unknown_service_is_named_with_the_known_ones() -> None:
    done = runner.invoke(app, ["run", "nonsense"])
    assert done.exit_code == 2
    assert all(name in done.output for name in SERVICES)


def test_send_delivers_a_threaded_mail(home: Path) -> None:
    asked = [
        "mail",
        "send",
        "--home",
        str(home),
        "--from",
        "ann@customers.example",
        "--subject",
        "Grüße",
        "--body",
        "Hallo",
        "--in-reply-to",
        "a@b.example",
    ]
    done = runner.invoke(app, asked)
    assert done.exit_code == 0, done.output
    env = read_env(home)
    with imapclient.IMAPClient(env["SAMPLE_IMAP_HOST"], int(env["SAMPLE_IMAP_PORT"]), ssl=False, timeout=10) as imap:
        imap.login(env["SUPPORT_ADDRESS"], env["SUPPORT_ADDRESS"])
        imap.select_folder("INBOX")
        raw: bytes = imap.fetch(imap.search("ALL"), ["BODY.PEEK[]"]).popitem()[1][b"BODY[]"]
    assert b"In-Reply-To: <a@b.example>" in raw
    assert raw.count(b"Message-ID: ") == 1


def test_send_takes_a_whole_file(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(b"Message-ID: <own@x.example>\r\nSubject: as it is\r\n\r\nbody\r\n")
    done = runner.invoke(app, ["mail", "send", str(file), "--home", str(home)])
    assert done.exit_code == 0, done.output
    assert "<own@x.example>" in done.output


def test_topics_are_listed_and_followed(home: Path, servers: Servers) -> None:
    name = f"cli-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": servers.kafka})
    admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])[name].result(20)
    producer = Producer({"bootstrap.servers": servers.kafka})
    producer.produce(name, key="k", value="hello", headers={"ce_type": "helpdesk.test.v1"})
    assert producer.flush(20) == 0

    listed = json.loads(runner.invoke(app, ["topics", "--json", "--home", str(home)]).output)
    assert {"name": name, "partitions": 2, "offsets": 1} in listed
    followed = runner.invoke(app, ["topics", "tail", name, "-b", "-e", "--json", "--home", str(home)])
    (record,) = (json.loads(line) for line in followed.output.splitlines())
    assert (record["key"], record["value"], record["headers"]["ce_type"]) == ("k", "hello", "helpdesk.test.v1")
    admin.delete_topics([name])[name].result(20)


def test_an_unknown_topic_is_an_error(home: Path) -> None:
    done = runner.invoke(app, ["topics", "tail", "no-such-topic", "--home", str(home)])
    assert done.exit_code == 1
    assert "no such topic" in done.output


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    assert secret_key(home) == secret_key(home)
    logins = desk(home)
    assert desk(home) == logins
    assert logins["ADMIN_API_KEY"].startswith("hd_")
    assert len(logins["ADMIN_API_KEY"]) == 43
    for name in ("secret", "desk.json"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_dotenv_fills_in_what_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET_ALREADY", "mine")
    monkeypatch.setenv("IMAP_SERVER", "")
    monkeypatch.delenv("FRESH", raising=False)
    (tmp_path / ".env").write_text("# FRESH=no\nSET_ALREADY=theirs\nFRESH='yes'\nIMAP_SERVER=\n")
    load_dotenv(tmp_path / ".env")
    assert (os.environ["SET_ALREADY"], os.environ["FRESH"]) == ("mine", "yes")
    monkeypatch.delenv("FRESH")


def test_servers_in_the_environment_are_not_ours_and_show_no_password() -> None:
    found = external_servers({"DATABASE_URL": "postgresql://me:secret@db.example:5432/desk", "REDIS_URL": ""})
    assert found == {"postgres": "db.example:5432/desk"}
