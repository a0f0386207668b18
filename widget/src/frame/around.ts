// What the frame hands to the parts that draw beside its screen, and what these have in common.
import type { Api } from "./api.ts";
import type { Event, State } from "./state.ts";
import type { Talk } from "./talk.ts";
import type { Card, Chosen } from "./types.ts";
import type { view } from "./view.ts";
import type { Spoken, Words } from "./words.ts";

export type Around = {
  card: Card;
  api: Api;
  core: Words;
  spoken: Spoken;
  screen: Pick<ReturnType<typeof view>, "content" | "box" | "focus">;
  state(): State;
  happen(event: Event): void;
  send(choice?: Chosen): void;
  /** Opens the form of a kind of message in place of the box. */
  fillIn(kind: string): void;
  talk(): Talk | null;
  /** Brings what is built apart; never fails, and tries as long as it takes. */
  fetchPart(address: string): Promise<any>;
  later(ms: number, act: () => void): () => void;
};
