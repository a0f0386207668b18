// What messages are made of besides words: links, choices, forms to fill in, files to save; and what is answered at once.
import words from "words:pieces";
import type { Around } from "./around.ts";
import { dress } from "./dress.ts";
import { download } from "./files.ts";
import { goTo } from "./go.ts";
import { h, write } from "./h.ts";
import { text } from "./parts.ts";
import css from "./pieces.css";
import { isHeld, type State } from "./state.ts";
import type { Choice, File, Form, Message, Option, Part } from "./types.ts";
import { filled } from "./words.ts";

export function begin({ spoken, send, fillIn, talk }: Around) {
  Object.assign(words, spoken.pieces);
  dress(css);
  let drawn = new WeakSet<HTMLElement>();
  let asked: { seq: number; paint(state: State): void }[] = []; // choices, which change after they are drawn
  let shown: unknown;

  const drawings: Record<string, (part: any, seq: number) => HTMLElement> = {
    link: (part) => goTo(part),
    choice,
    form: ({ title, kind }: Form) => h("button", { type: "button", class: "go", dir: "auto", click: () => fillIn(kind) }, title),
    file: (file: File) =>
      h("button", { type: "button", class: "go", click: () => download(file) }, ...filled(words.save, { name: h("bdi", {}, file.name) })),
  };

  const draw = (part: Part, seq: number) => (Object.hasOwn(drawings, part.type) ? drawings[part.type]!(part, seq) : h("p", { dir: "auto" }, ...text(part.text ?? "")));

  function choice({ question, kind, options }: Choice, seq: number): HTMLElement {
    const said = h("p", { class: "soft", role: "status" });
    const sure = h("div", { class: "sure", role: "group", tabindex: -1 });
    const buttons = options.map((option) => {
      const { value, label, confirm } = option;
      const press = () => { if (!button.matches("[aria-disabled=true]")) confirm ? ask(option, button) : send({ kind, answer: value, label }); };
      const button: HTMLButtonElement = h("button", { type: "button", class: "option", dir: "auto", value, click: press }, label);
      return button;
    });
    const row = h("div", { class: "options" }, ...buttons);

    /** What one press must not do is asked in place of the answers. */
    function ask({ value, label, confirm }: Option, button: HTMLElement) {
      const no = () => { settle(); button.focus(); };
      const yes = () => { no(); send({ kind, answer: value, label }); };
      sure.replaceChildren(h("p", { dir: "auto" }, confirm!), h("div", { class: "options" },
        h("button", { type: "button", class: "option", dir: "auto", click: yes }, label), h("button", { type: "button", class: "plain", click: no }, words.no)));
      sure.setAttribute("aria-label", confirm!);
      row.hidden = true;
      sure.focus();
    }

    function settle() {
      sure.replaceChildren();
      row.hidden = false;
    }

    asked.push({ seq, paint(state) {
      const answer = answered(state, kind, seq);
      if (answer !== undefined && row.hidden) settle(); // elsewhere
      const chosen = state.choice?.kind === kind ? state.choice.answer : answer;
      for (const button of buttons) {
        button.setAttribute("aria-pressed", `${button.value === chosen}`);
        button.setAttribute("aria-disabled", `${answer !== undefined || isHeld(state)}`); // not disabled: the focus stays where it is
      }
      const refused = state.sending === "failed" && state.choice?.kind === kind && state.errors["data-answer"];
      write(said, answer === null ? words.over : refused || "");
    } });
    return h("fieldset", { class: "choice" }, h("legend", { dir: "auto" }, question), row, sure, said);
  }

  /** What a message that stands there already is made of, in place of its text; and under it what was said to it at once. */
  function dressed(row: HTMLElement, { seq, data, verified, answer }: Message) {
    drawn.add(row);
    if (verified && data?.parts?.length) row.querySelector(".bubble")!.replaceChildren(...data.parts.map((part) => draw(part, seq)));
    if (answer?.length) row.after(h("div", { class: "answer", role: "note", "aria-label": words.answer }, ...answer.map((part) => draw(part, seq))));
  }

  /** What was said to a message goes with it. */
  function undressed(row: HTMLElement, { seq }: Message) {
    const answer = row.nextElementSibling;
    asked = asked.filter((choice) => choice.seq !== seq);
    if (!answer?.matches(".answer")) return;
    if (answer.contains(document.activeElement)) row.parentElement!.focus({ preventScroll: true });
    answer.remove();
  }

  return {
    paint(state: State) {
      const rows = talk()?.rows;
      if (shown !== rows) drawn = new WeakSet(), asked = [];
      shown = rows;
      for (const message of state.messages) {
        const row = rows?.get(message.seq)?.row;
        if (row && message.kind === "removed") undressed(row, message);
        else if (row && !drawn.has(row)) dressed(row, message);
      }
      for (const { paint } of asked) paint(state);
    },
  };
}

/** What was chosen; null when the question was asked again since, or undefined: it is open. */
export function answered({ messages }: State, kind: string, seq: number): string | null | undefined {
  const asks = (part: Part) => part.type === "choice" && (part as Choice).kind === kind;
  for (const message of messages) {
    if (message.seq <= seq) continue;
    if (message.kind === kind && message.author.kind === "visitor") return `${message.data?.answer}`;
    if (message.data?.parts?.some(asks)) return null;
  }
  return undefined;
}
