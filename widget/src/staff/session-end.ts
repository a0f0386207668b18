// Say two minutes before that the session ends, and let the person stay. Who works in one tab stays signed in in all of them.
import { warning, type Ends } from "./session-warning.ts";
import { serverTime } from "./waiting.ts";

const second = 1_000_000;
const warned = 120 * second; // WCAG 2.2, 2.2.1 asks for 20 seconds; who comes back from a patient needs more
const pace = 120_000; // milliseconds: work that sends nothing, as typing does, is told to the service this rarely

/** Where a session stands that ends at `idle`, and how long until it stands elsewhere, or its countdown does. */
export function standing(idle: number, now: number): { phase: "quiet" | "warned" | "over"; wait: number } {
  const left = idle - now;
  if (left > warned) return { phase: "quiet", wait: left - warned };
  return left > 0 ? { phase: "warned", wait: left % second || second } : { phase: "over", wait: 5 * second };
}

let learnFrom = (_page: Document) => {};

/** A page that came by script says when the session ends, too. */
export function renew(page: Document): void {
  learnFrom(page);
}

/** Watches the session of this page; `ended` is called once the service has said that it is over. */
export function watchSession(ended: () => void): void {
  const { clinic, me, here } = document.body.dataset;
  if (!me || !here) return;
  const others = new BroadcastChannel(`securemsg-session-${clinic}-${me}`);
  const shown = warning(stay);
  let known = endsOf(document);
  let told = performance.now(); // when this tab last told the service, or heard, that somebody works
  let asked = "quiet"; // the service is asked once in each phase: another window may have kept the session
  let timer: number | undefined;

  async function look(): Promise<void> {
    clearTimeout(timer);
    const { phase, wait } = standing(known.idle, serverTime());
    if (phase !== asked && phase !== "quiet") {
      asked = phase;
      const answer = await ask("GET");
      if (answer === "ended") return ended();
      if (answer && answer.idle !== known.idle) return learn(answer);
    }
    if (phase !== "warned") asked = "quiet"; // over, but not for the service: its clock, or the network, is slow
    shown.paint(phase === "quiet" ? undefined : known, serverTime());
    clearTimeout(timer);
    timer = setTimeout(look, wait / 1000);
  }

  function learn(news: Ends): void {
    if (news.idle > known.idle) told = performance.now();
    known = news;
    asked = "quiet";
    void look();
  }

  async function stay(): Promise<void> {
    told = performance.now();
    const answer = await ask("POST", new URLSearchParams({ me: me! }));
    if (answer === "ended") return ended();
    if (!answer) return shown.fail();
    share(answer);
  }

  function share(news: Ends): void {
    others.postMessage(news);
    learn(news);
  }

  async function ask(method: string, body?: URLSearchParams): Promise<Ends | "ended" | undefined> {
    const answer = await fetch(here!, { method, body, cache: "no-store", redirect: "error" }).catch(() => null);
    if (answer?.status === 401) return "ended";
    return answer?.ok ? answer.json().catch(() => undefined) : undefined;
  }

  /** Typing and pointing are work, though nothing is sent. In the warning they are not: its buttons say what is meant. */
  function work({ isTrusted }: Event): void {
    if (isTrusted && !shown.isOpen() && performance.now() - told > pace) void stay();
  }

  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, work, { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => void look()); // timers of a page out of sight, or asleep, come late
  others.onmessage = ({ data }: MessageEvent<Ends>) => learn(data);
  learnFrom = (page) => { if (page.body.dataset.me === me) share(endsOf(page)); };
  share(known);
}

function endsOf({ body: { dataset: { ends, latest } } }: Document): Ends {
  return { idle: Number(ends), latest: Number(latest) };
}
