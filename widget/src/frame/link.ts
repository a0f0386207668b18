// The frame's end of the bridge: finds the page around it, if it is one of the clinic's, and hands it a port.
import { note, read, type Note } from "../bridge.ts";

type Heard = { opened(focus: boolean): void; closed(): void };

/** Talks to the surrounding page; `tell` does nothing when there is none, or when it is not on the clinic's list. */
export function reach(origins: string[], heard: Heard) {
  const origin = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    const { type, n } = read(data) ?? {};
    if (type === "open") heard.opened(n === 1);
    if (type === "close") heard.closed();
  };
  if (origin && origins.includes(origin)) parent.postMessage(note("ready"), origin, [port2]);
  return (type: Note["type"], n?: number) => port1.postMessage(note(type, n));
}
