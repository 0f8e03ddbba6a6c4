"""Searching articles by words and meaning."""

from __future__ import annotations

from collections.abc import Sequence

from services.ai.desk import Article
from services.ai.engines.local.embedder import MiniLM, Vectors
from services.ai.knowledge.bm25 import BM25
from services.ai.knowledge.index import KnowledgeIndex
from services.ai.knowledge.sentences import sentences

ARTICLES = [
    Article("pw", 1, "Reset your password", "Choose Forgot password on the sign-in page. The link is valid for 30 minutes."),
    Article("vat", 1, "VAT on invoices", "Your VAT number is printed on every invoice. Change it under Billing."),
    Article("vpn", 1, "Connect by VPN", "Install the client. Open port 443 in your firewall."),
]


class Counting:
    def __init__(self, inner: MiniLM) -> None:
        self.inner, self.texts = inner, 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += len(texts)
        return self.inner.embed(texts)


def test_meaning_finds_what_words_do_not(embedder: MiniLM) -> None:
    index = KnowledgeIndex(embedder)
    index.update(ARTICLES)
    query = "I cannot remember my login secret"
    assert index.search(query, embedder.embed([query])[0])[0].article.id == "pw"


def test_words_alone_work() -> None:
    index = KnowledgeIndex(None)
    index.update(ARTICLES)
    assert index.search("which port for the firewall", None)[0].article.id == "vpn"


def test_only_new_texts_are_embedded_and_the_newest_version_counts(embedder: MiniLM) -> None:
    counting = Counting(embedder)
    index = KnowledgeIndex(counting)
    index.update(ARTICLES)
    before = counting.texts
    index.update(
        [*ARTICLES, Article("vat", 2, "VAT on invoices", "Your VAT number is printed on every invoice. Change it under Settings.")]
    )
    assert counting.texts - before == 2, "the whole article and its one changed sentence"
    assert {h.article.version for h in index.search("vat", embedder.embed(["vat"])[0]) if h.article.id == "vat"} == {2}


def test_a_withdrawn_article_is_gone(embedder: MiniLM) -> None:
    index = KnowledgeIndex(embedder)
    index.update(ARTICLES)
    index.update([*ARTICLES, Article("pw", 2, "Reset your password", "x", published=False)])
    assert "pw" not in {h.article.id for h in index.search("password", embedder.embed(["password"])[0])}


def test_bm25_prefers_the_rarer_word() -> None:
    scores = BM25(["the invoice of the shop", "the shop is open", "the shop is shut"]).scores("invoice shop")
    assert scores[0] == max(scores) and 0 < scores[0] <= 1
    assert BM25([]).scores("x") == []


def test_sentences_are_slices_of_the_text() -> None:
    text = "Open the page, e.g. Settings. Press Save!\n- First step here.\n2) Second step."
    found = sentences(text)
    assert found == ["Open the page, e.g. Settings.", "Press Save!", "First step here.", "Second step."]
    assert all(s in text for s in found)
