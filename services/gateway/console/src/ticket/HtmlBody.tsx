import { ImageOff } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Attachment } from "@/api/types";

const NO_FILES: Attachment[] = [];

const REMOTE = /(?:src|background)\s*=\s*["']?\s*https?:|url\(\s*["']?https?:/i;
const OWN_COLOURS = /bgcolor|background(?:-color)?\s*:|<font[^>]+color|[^-]color\s*:/i;
const MARKUP = /<(?!\/?(?:p|br|div|span|html|body|head|meta)\b)[a-z!]/i;

/** Mails that are nothing but paragraphs read better as our own text; an iframe is for those that bring a layout. */
export const needsFrame = (html: string): boolean => MARKUP.test(html) || OWN_COLOURS.test(html);

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a mail may write anything after a per cent sign
  }
}

/** The server keeps remote pictures under `data-src` and leaves `cid:`, the name of a picture that came along. */
function withImages(html: string, remote: boolean, files: Attachment[]): string {
  const shown = remote ? html.replace(/\sdata-src=(?=["']?https?:)/gi, " src=") : html;
  return shown.replace(/(\ssrc=["']?)cid:([^"'\s>]+)/gi, (all, start: string, id: string) => {
    const file = files.find((each) => each.content_id === id || each.content_id === decoded(id));
    return file ? `${start}${location.origin}/api/v1/attachments/${file.id}` : all;
  });
}

function documentOf(html: string, { remote, dark, paper }: { remote: boolean; dark: boolean; paper: boolean }): string {
  const images = remote ? "img-src 'self' data: cid: https: http:; upgrade-insecure-requests" : "img-src 'self' data: cid:";
  const ink = paper ? "#1d1f24" : token("--text");
  const link = paper ? "#3f5bd9" : token("--accent");
  return `<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; ${images}; font-src 'none'">
<base target="_blank"><style>
:root{color-scheme:${dark && !paper ? "dark" : "light"}}
html,body{margin:0;background:${paper ? "#fff" : "transparent"};color:${ink};font:14px/22px Inter,system-ui,sans-serif;overflow-wrap:anywhere}
body{padding:${paper ? "12px" : "0"};overflow-x:auto;overflow-y:hidden}
body>:first-child{margin-top:0}body>:last-child{margin-bottom:0}
img{max-width:100%;height:auto}table{max-width:100%}a{color:${link}}p{margin:0 0 8px}
blockquote{margin:0 0 0 2px;padding-left:10px;border-left:2px solid rgb(128 128 128/.35)}
pre{white-space:pre-wrap;font:13px/20px ui-monospace,monospace}ul,ol{padding-left:22px;margin:0 0 8px}
</style></head><body>${html}</body></html>`;
}

/**
 * A stranger's HTML. The sandbox has no allow-scripts, so nothing in it can run; allow-same-origin is only there to measure its height.
 * Remote images tell the sender when and where a mail was read, so they wait for consent.
 */
export function HtmlBody({ html, title, files = NO_FILES }: { html: string; title: string; files?: Attachment[] }) {
  const [remote, setRemote] = useState(false);
  const [height, setHeight] = useState(60);
  const frame = useRef<HTMLIFrameElement>(null);
  const watch = useRef<ResizeObserver | null>(null);
  const dark = document.documentElement.dataset.theme === "dark";
  const paper = dark && OWN_COLOURS.test(html);
  const source = useMemo(() => documentOf(withImages(html, remote, files), { remote, dark, paper }), [html, remote, files, dark, paper]);
  useEffect(() => () => watch.current?.disconnect(), []);

  const onLoad = () => {
    const inside = frame.current?.contentDocument;
    if (!inside) return;
    const measure = () => setHeight(Math.min(4000, Math.ceil(inside.documentElement.getBoundingClientRect().height)));
    watch.current?.disconnect();
    watch.current = new ResizeObserver(measure);
    watch.current.observe(inside.documentElement);
    measure();
  };

  return (
    <>
      {!remote && REMOTE.test(html) && (
        <div className="blocked">
          <ImageOff size={14} strokeWidth={1.75} /> Remote images are blocked, they can tell the sender that you read this.
          <button type="button" className="link" onClick={() => setRemote(true)}>
            Show images
          </button>
        </div>
      )}
      <iframe
        ref={frame}
        className={paper ? "html paper" : "html"}
        title={title}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        srcDoc={source}
        style={{ height }}
        onLoad={onLoad}
      />
    </>
  );
}
