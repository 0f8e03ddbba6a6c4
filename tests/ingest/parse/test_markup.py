"""HTML made safe tag by tag: held against nh3, which knows all of HTML, and against a browser's idea of the result."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given, strategies as st
from selectolax.lexbor import LexborHTMLParser

from services.ingest.parse.allowed import ATTRIBUTES, EVERYWHERE, LOADING, SCHEMES, TAGS
from services.ingest.parse.sanitise import read_markup, sanitise_by_tree

_ADDED = {"target", "rel", "data-src"}
_PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<div>", "</div>", "<b", ">", "<", '"', "'", "=", "/", " ", "text", "<script>", "</script>", "<!--", "-->", "<style>",
        "</style>", "<a href=", "javascript:alert(1)", "java&#115;cript:x", "java\nscript:x", "&#1;javascript:x", "</a>", "<img src=", "data:x",
        "onerror=x", "<svg>", "<math>", "<title>", "</title>", "style=", "background:url(x)", "color:red", "&lt;", "&amp;", "&quot;", "<br>",
        "<svg/onload=x>", "<o:p>", "</o:p>", "<textarea>", "<a\x00b>", "\x00", "é", "<![CDATA[", "]]>", "<plaintext>", "cid:1", "http://x.example",
    ]
)  # fmt: skip


def _assert_harmless(html: str) -> None:
    root = LexborHTMLParser(f"<body>{html}").body
    assert root is not None
    for node in root.css("*"):
        if node.tag == "body":
            continue
        assert node.tag in TAGS, (node.tag, html)
        for name, value in node.attributes.items():
            assert name in EVERYWHERE | _ADDED or name in ATTRIBUTES.get(str(node.tag), ()), (name, html)
            words = "".join(c for c in (value or "") if c > " ")
            if name in ("href", "src", "cite") and ":" in words.split("/")[0]:
                assert words.split(":")[0].lower() in SCHEMES | {"data"}, (value, html)
            if name == "style":
                assert not LOADING.search(value or ""), (value, html)


@given(st.lists(_PIECES, max_size=25))
def test_no_combination_of_pieces_gets_through(pieces: list[str]) -> None:
    markup = read_markup("".join(pieces))
    if markup is not None:
        _assert_harmless(markup.html())


@given(st.lists(_PIECES, max_size=25))
def test_the_tree_is_harmless_too(pieces: list[str]) -> None:
    _assert_harmless(sanitise_by_tree("".join(pieces)).html())


_ORDINARY = (
    '<html><head><title>x</title><style>p{}</style></head><body><p class="a">One &amp; two</p><p>Three<br>four</p></body></html>',
    "<div>a<blockquote type='cite'>b</blockquote></div><p class=MsoNormal>c<o:p>&nbsp;</o:p></p>",
    '<table><tr><td align=center>x</td><td>y</td></tr></table><ul><li>one<li>two</ul><a href="https://x.example/?a=1&amp;b=2">z</a>',
    '<font color="red">r</font><img src="https://x.example/1.png" alt="pic"><img src="cid:1"><pre>a\n  b</pre>',
    "<!--[if mso]><p>hidden</p><![endif]--><p>shown</p>",
)


@pytest.mark.parametrize("html", _ORDINARY)
def test_both_ways_say_the_same(html: str) -> None:
    quick = read_markup(html)
    assert quick is not None
    assert quick.text() == sanitise_by_tree(html).text()
    assert _tags(quick.html()) == _tags(sanitise_by_tree(html).html())


def _tags(html: str) -> list[tuple[str | None, str]]:
    root = LexborHTMLParser(html).body
    assert root is not None
    return [(node.tag, node.text(deep=False, strip=True)) for node in root.css("*")]


@pytest.mark.parametrize(
    "link",
    ["javascript:x", "JaVaScRiPt:x", " javascript:x", "java&#x09;script:x", "&#106;avascript:x", "data:text/html,x", "vbscript:x", "x:y"],
)
def test_no_link_runs_anything(link: str) -> None:
    for html in (f'<a href="{link}">a</a>', f"<a href='{link}'>a</a>"):
        markup = read_markup(html)
        assert markup is not None and "href" not in markup.html()
        assert "href" not in sanitise_by_tree(html).html()


def test_links_survive_whole() -> None:
    markup = read_markup('<a href="https://x.example/?a=1&amp;b=%22">a</a>')
    assert markup is not None
    assert 'href="https://x.example/?a=1&b=%22"' in unescape(markup.html())


def test_elements_left_open_take_the_tree() -> None:
    assert read_markup("<div><b>x</div>") is None
    assert sanitise_by_tree("<div><b>x</div>").html().count("</b>") == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("<p>a\n b</p>\n<p>c</p>", "a b\n\nc"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc"),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("a&nbsp;&nbsp;b &lt;c&gt; &amp;lt; &eacute;", "a b <c> &lt; é"),
    ],
)
def test_text_is_laid_out_as_people_see_it(html: str, text: str) -> None:
    markup = read_markup(html)
    assert markup is not None
    assert markup.text() == text
