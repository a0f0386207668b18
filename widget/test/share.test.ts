// One window listens for all; where the browser refuses them a channel, each listens for itself.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { share } from "../src/frame/share.ts";

class Refused {
  constructor() {
    throw new DOMException("The operation is insecure.", "SecurityError");
  }
}

for (const [what, channel] of [["refuses a channel", Refused], ["has no channels", undefined]] as const) {
  test(`a browser that ${what}: the window listens for itself`, async () => {
    const before = globalThis.BroadcastChannel;
    (globalThis as any).BroadcastChannel = channel;
    try {
      const heard: string[] = [];
      const shared = share("one", () => {});
      await shared.lead(async () => { heard.push("the stream"); });
      equal(shared.tell({ event: "message", data: "1" }), undefined);
      shared.close();
      deepEqual(heard, ["the stream"]);
    } finally {
      globalThis.BroadcastChannel = before;
    }
  });
}
