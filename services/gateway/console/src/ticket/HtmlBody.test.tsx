import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { HtmlBody, needsFrame } from "@/ticket/HtmlBody";

const frame = (): HTMLIFrameElement => screen.getByTitle("Message") as HTMLIFrameElement;

describe("a stranger's HTML", () => {
  afterEach(cleanup);

  it("is framed without the right to run scripts", () => {
    render(<HtmlBody html="<script>alert(1)</script><b>hi</b>" title="Message" />);
    expect(frame().getAttribute("sandbox")).not.toContain("allow-scripts");
    expect(frame().srcdoc).toContain("default-src 'none'");
  });

  it("loads remote images only after consent", () => {
    render(<HtmlBody html='<img src="https://spy.example/p.gif">' title="Message" />);
    expect(frame().srcdoc).not.toMatch(/img-src[^;]*https:/);
    fireEvent.click(screen.getByText("Show images"));
    expect(frame().srcdoc).toMatch(/img-src[^;]*https:/);
  });

  it("stays out of the way for plain paragraphs", () => {
    expect(needsFrame("<p>Hello<br>there</p>")).toBe(false);
    expect(needsFrame("<table><tr><td>1</td></tr></table>")).toBe(true);
    expect(needsFrame('<div style="background:red">x</div>')).toBe(true);
  });
});
