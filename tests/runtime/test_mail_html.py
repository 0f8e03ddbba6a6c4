"""The HTML beside the text of a mail: escaped, readable, in the direction of its words."""

from services.runtime.mail_html import html_document, html_of_text


def test_paragraphs_lines_and_addresses_are_kept_and_everything_else_is_escaped() -> None:
    shown = html_of_text("Hello <b>you</b>,\nsee https://desk.example/t?a=1&b=2.\n\n\nBye\n")
    assert shown.count("<p ") == 2
    assert "Hello &lt;b&gt;you&lt;/b&gt;,<br>" in shown
    assert '<a href="https://desk.example/t?a=1&amp;b=2">https://desk.example/t?a=1&amp;b=2</a>.' in shown


def test_each_paragraph_finds_its_own_direction_and_long_words_break() -> None:
    page = html_document(html_of_text("Good day\n\nשלום, קיבלנו את הודעתך\n\n" + "x" * 400))
    assert page.count('<p dir="auto"') == 3
    assert "overflow-wrap:anywhere" in page and 'charset="utf-8"' in page


def test_a_whole_document_stays_as_it_is() -> None:
    assert html_document("<!doctype html><p>x</p>") == "<!doctype html><p>x</p>"
    assert html_of_text("\n \n") == "<div></div>"
