"""Threads: who belongs to whom, by what the parser hands to correlation (ids, parents, roots), ghost parents included."""

from __future__ import annotations

import random
from collections.abc import Callable

from services.ingest.parse.mail import parse_mail
from tests.bench_mail.tally import Row, share

_THREADS = 300


def measure() -> list[Row]:
    """The share of threads whose mails all come together, and none of another's."""
    chance = random.Random(11)
    threads = [_thread(chance, number) for number in range(_THREADS)]
    groups = _grouped([raw for thread in threads for raw in thread])
    results = {}
    at = 0
    for number, thread in enumerate(threads):
        found = set(groups[at : at + len(thread)])
        results[f"thread {number}"] = len(found) == 1 and groups.count(next(iter(found))) == len(thread)
        at += len(thread)
    wrong = [name for name, right in results.items() if not right]
    return [Row("threads exact", "made, ghost parents", _THREADS, share(list(results.values())), None, "", 1.0, wrong)]


def _thread(chance: random.Random, number: int) -> list[bytes]:
    """A tree of mails in the ways that programs write their references; some of the tree was never received."""
    ids: list[str] = []
    parents: list[int] = []
    for index in range(chance.randrange(2, 9)):
        ids.append(f"<{number}.{index}.{chance.getrandbits(40):x}@mail.example>")
        parents.append(chance.randrange(index) if index else -1)
    style: Callable[[list[str]], str] = chance.choice(_STYLES)
    # With the first reference a program writes, any mail but one can be lost; with the parent alone the root's children still share it.
    lost = 0 if chance.random() < 0.3 and all(parent == 0 for parent in parents[1:]) and len(ids) > 2 else -1
    mails = []
    for index, own in enumerate(ids):
        if index == lost:
            continue
        chain: list[str] = []
        above = parents[index]
        while above >= 0:
            chain.insert(0, ids[above])
            above = parents[above]
        headers = f"From: c{number}@x.example\r\nSubject: {'Re: ' if chain else ''}Order\r\nMessage-ID: {own}\r\n"
        mails.append(f"{headers}{style(chain)}\r\nText {number} {index}.".encode())
    return mails


def _both(chain: list[str]) -> str:
    return f"In-Reply-To: {chain[-1]}\r\nReferences: {' '.join(chain)}\r\n" if chain else ""


def _parent_only(chain: list[str]) -> str:
    return f"In-Reply-To: {chain[-1]}\r\n" if chain else ""


def _references_only(chain: list[str]) -> str:
    return "References: " + "\r\n\t".join(chain) + "\r\n" if chain else ""


def _unbracketed(chain: list[str]) -> str:
    return f"In-Reply-To: {chain[-1].strip('<>')}\r\n" if chain else ""


def _comment(chain: list[str]) -> str:
    return f"In-Reply-To: Your message of Monday {chain[-1]}\r\nReferences: {','.join(chain)}\r\n" if chain else ""


def _encoded(chain: list[str]) -> str:
    words = "\r\n ".join(f"=?utf-8?q?{part.replace('<', '=3C').replace('>', '=3E').replace('@', '=40')}?=" for part in chain)
    return f"References: {words}\r\n" if chain else ""


_STYLES = (_both, _parent_only, _references_only, _unbracketed, _comment, _encoded)


def _grouped(mails: list[bytes]) -> list[str]:
    """The group of each mail: mails that share an id, own or referred to, are one."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    parsed = [parse_mail(raw) for raw in mails]
    for mail in parsed:
        for parent in mail.evidence.parents:
            leader[find(parent)] = find(mail.message_id)
    return [find(mail.message_id) for mail in parsed]
