// The session's token is kept where the browser allows it, and only once there is one.
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { browser } from "./world.ts";

test("storage that throws is noticed, and nothing is lost for the frame's life", () => {
  const memory = browser(true).memory();
  memory.set("token", "smv_riverside_x");
  deepEqual([memory.durable, memory.get("token")], [false, "smv_riverside_x"]);
  memory.drop("token");
  equal(memory.get("token"), null);
});

test("it outlives a reload", () => {
  const tab = browser();
  tab.memory().set("token", "smv_riverside_x");
  equal(tab.memory().get("token"), "smv_riverside_x");
});

test("nothing is stored by looking", () => {
  const tab = browser();
  const memory = tab.memory();
  memory.get("token");
  deepEqual([tab.kept.length, memory.durable], [0, true]);
});
