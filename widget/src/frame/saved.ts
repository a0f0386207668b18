// The conversation as a text file to keep, made in this window: what stands on the screen, then a proof of each own message.
import type { Api } from "./api.ts";
import type { Answer } from "./types.ts";

type Asked = Pick<Api, "call">;

/** Offers it for download; without the proofs where they do not come: then the answer that says why. */
export async function save(api: Asked, name: string, shown: string[], heading: string): Promise<Answer | undefined> {
  const { lines, fault } = await proofs(api);
  const receipts = lines.length && [heading, ...lines].join("\n");
  offer(`${name}.txt`, "text/plain;charset=utf-8", [...shown, receipts].filter(Boolean).join("\n\n") + "\n");
  return fault;
}

/** Offers a text for download under a name; of what other people wrote see files.ts. */
export function offer(name: string, type: string, text: string) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000); // some browsers still read it a while later
}

/** One line of JSON for each; all of them or none. */
export async function proofs(api: Asked): Promise<{ lines: string[]; fault?: Answer }> {
  const lines: string[] = [];
  for (let after = "0"; after; ) {
    const answer = await api.call("GET", `/v1/conversation/receipts?after=${after}`);
    if (answer.status !== 200) return { lines: [], fault: answer };
    for (const receipt of answer.body.items) lines.push(JSON.stringify(receipt));
    after = answer.body.next;
  }
  return { lines };
}
