// Small files that a clinic's plugins hand out.
import { offer } from "./saved.ts";
import type { File } from "./types.ts";

/** Offers one for download; what could run in a page is bytes to the browser. */
export function download({ name, media_type, content }: File) {
  const isHarmless = /^text\/(plain|calendar|csv)\b/i.test(media_type);
  offer(name, isHarmless ? `${media_type};charset=utf-8` : "application/octet-stream", content);
}
