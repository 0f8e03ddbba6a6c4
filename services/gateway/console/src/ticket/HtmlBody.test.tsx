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
    render(<HtmlBody html='<img data-src="https://spy.example/p.gif">' title="Message" />);
    expect(frame().srcdoc).not.toMatch(/img-src[^;]*https:/);
    fireEvent.click(screen.getByText("Show images"));
    expect(frame().srcdoc).toMatch(/img-src[^;]*https:/);
    expect(frame().srcdoc).toContain(' src="https://spy.example/p.gif"');
  });

  it("shows the pictures that came along", () => {
    const files = [{ id: "a1", name: "logo.png", type: "image/png", size: 9, inline: true, content_id: "logo@shop" }];
    render(<HtmlBody html='<img src="cid:logo%40shop">' title="Message" files={files} />);
    expect(frame().srcdoc).toContain('/api/v1/attachments/a1"');
  });

  it("stays out of the way for plain paragraphs", () => {
    expect(needsFrame("<p>Hello<br>there</p>")).toBe(false);
    expect(needsFrame("<table><tr><td>1</td></tr></table>")).toBe(true);
    expect(needsFrame('<div style="background:red">x</div>')).toBe(true);
  });
});
