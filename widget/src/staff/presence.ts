// "Ana Ruiz is replying": who types where, heard from the stream; forgotten when nothing more is heard.
import { language, say } from "./words.ts";

export type Typing = { conversation: string; person: string; name: string; typing: boolean };

const lasts = 10_000; // milliseconds without another word
const at = new Map<string, Map<string, { name: string; until: number }>>();
let timer: number | undefined;

/** Somebody types, or has stopped. Oneself is not shown. */
export function heardTyping({ conversation, person, name, typing }: Typing): void {
  if (person === document.body.dataset.me) return;
  const people = at.get(conversation) ?? new Map();
  at.set(conversation, people);
  if (typing) people.set(person, { name, until: performance.now() + lasts });
  else people.delete(person);
  showTyping();
}

/** Writes the names to every place that shows them; again after parts of the page were exchanged. */
export function showTyping(): void {
  const now = performance.now();
  clearTimeout(timer);
  for (const people of at.values()) for (const [id, { until }] of people) if (until <= now) people.delete(id);
  const untils = [...at.values()].flatMap((people) => [...people.values()].map(({ until }) => until));
  if (untils.length) timer = setTimeout(showTyping, Math.min(...untils) - now + 50);
  for (const place of document.querySelectorAll<HTMLElement>("[data-typing]")) {
    const text = sentence([...(at.get(place.dataset.typing ?? "")?.values() ?? [])].map(({ name }) => name));
    if (place.textContent !== text) place.textContent = text;
  }
}

/** `Ana Ruiz is replying`, `Ana Ruiz and Bo Li are replying`; nothing where nobody is. */
export function sentence(names: string[]): string {
  if (!names.length) return "";
  if (names.length === 1) return say("{name} is replying…", { name: names[0]! });
  return say("{names} are replying…", { names: new Intl.ListFormat(language === "en" ? "en-GB" : language).format(names) });
}
