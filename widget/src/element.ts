// <secure-message>: a link that opens the conversation in place. All of ours that runs on a clinic's page.
import { note, read } from "./bridge.ts";
import css from "./element.css";

type Host = Window & { SecureMsg?: { q: string[][] | { push: typeof obey } } };

const tag = "secure-message";
const home = new URL((document.currentScript as HTMLScriptElement).src).origin;

// All that the page itself ever shows, for clinics that say nothing else; an enum, because esbuild puts its strings where they are used.
const enum Words {
  open = "Message us",
  close = "Close",
  late = "Not opening? Use the page",
}

// A constructed sheet, because the strict style-src of a host blocks every <style>.
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
let active: SecureMessage | undefined; // one conversation at a time, even where a page has two launchers

class SecureMessage extends HTMLElement {
  static observedAttributes = ["open"];
  #follow?: (open: boolean) => void;
  #ends!: AbortController;

  connectedCallback() {
    const link = this.querySelector("a");
    const src = this.getAttribute("src") ?? link?.href.replace("/contact/", "/frame/") ?? `${home}/frame/${this.getAttribute("clinic")}`;
    const href = link?.href ?? src;
    for (const address of [href, src]) {
      // A link that somebody changed must not lead a patient's words elsewhere: it stays a link.
      if (!address.startsWith(`${home}/`)) return console.error(`${tag}: ${address} is not on ${home}`);
    }
    if (this.popover === undefined) return; // older browsers keep the link
    const label = this.getAttribute("label") ?? link?.textContent ?? Words.open;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    let shown = false;
    let frame: HTMLIFrameElement | undefined;
    let port: MessagePort | undefined;

    const launcher = make("a", { href, ariaHasPopup: "dialog" }, label);
    const wait = make("p", {}, "… ", make("a", { href, target: "_blank" }, this.getAttribute("late") ?? Words.late)); // shown after some seconds
    const close = make("button", { ariaLabel: this.getAttribute("close") ?? Words.close }, "×");
    const panel = make("dialog", { popover: "manual", tabIndex: -1, ariaLabel: label }, wait, close);
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(launcher, panel);

    const inside = () => panel.contains(root.activeElement);
    const shut = () => this.toggleAttribute("open", false);
    const say = (name: string, n?: number) => this.dispatchEvent(new CustomEvent(`securemessage:${name}`, { bubbles: true, detail: n }));

    const load = () => {
      if (frame) return;
      frame = make("iframe", {
        src,
        title: label,
        sandbox: "allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads",
        allow: "clipboard-write",
        referrerPolicy: "strict-origin",
        hidden: true,
      });
      panel.append(frame);
    };

    /** The frame is ready and sends its port; only our own frame, on exactly our own origin, is believed. */
    const greet = ({ source, origin, data, ports }: MessageEvent) => {
      if (source !== frame?.contentWindow || origin !== home || read(data)?.type !== "ready") return;
      port = ports[0]!;
      port.onmessage = hear;
      frame!.hidden = false;
      wait.remove();
      if (shown) enter();
    };

    const hear = ({ data }: MessageEvent) => {
      const { type, n } = read(data) ?? {};
      if (type === "close") shut();
      if (type === "unread") {
        launcher.textContent = label + (n ? ` (${n})` : "");
        say(type, n);
      }
    };

    /** Tells the frame that it is seen, and hands it the focus unless the visitor has meanwhile left the panel. */
    const enter = () => {
      const here = port && inside();
      if (here) frame!.focus();
      port?.postMessage(note("open", here ? 1 : 0));
    };

    this.#follow = (open) => {
      const leaving = inside();
      launcher.ariaExpanded = `${open}`;
      if (open === shown) return;
      shown = open;
      if (open) {
        if (active !== this) active?.removeAttribute("open");
        active = this;
        load();
        matchMedia("(max-width:40em)").matches ? panel.showModal() : panel.showPopover(); // as in element.css
        panel.focus();
        enter();
      } else {
        panel.close();
        panel.hidePopover();
        if (leaving) launcher.focus();
        port?.postMessage(note("close"));
      }
      say(open ? "opened" : "closed");
    };

    launcher.onpointerenter = load; // warm already: the visitor's pointer, or finger, is on it
    // With a modifier the click is the browser's: the full page opens, as from any link.
    launcher.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.open = !shown;
    };
    close.onclick = shut;
    panel.onclose = () => panel.open || shut(); // a phone's "back" closes a modal dialog by itself
    launcher.onkeydown = panel.onkeydown = ({ key, isComposing }) => {
      if (key === "Escape" && !isComposing) shut(); // no value: `false` would keep every other key from working
    };
    addEventListener("message", greet, (this.#ends = new AbortController()));
    say("ready");
    this.#follow(this.open);
  }

  disconnectedCallback() {
    this.#follow = this.#ends?.abort() as undefined;
  }

  attributeChangedCallback() {
    this.#follow?.(this.open);
  }

  get open() {
    return this.hasAttribute("open");
  }

  set open(open: boolean) {
    this.toggleAttribute("open", open);
  }

  /** Takes the widget off the page: element, frame, listeners and, with the last one, the global. */
  destroy() {
    this.remove();
    if (!document.querySelector(tag)) delete (window as Host).SecureMsg;
  }
}

function make<T extends keyof HTMLElementTagNameMap>(name: T, properties = {}, ...children: (Node | string)[]) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** Does one command of `SecureMsg.q.push(["open"])`, for the page's first launcher. */
function obey([command]: string[]) {
  const element = document.querySelector<SecureMessage>(tag);
  if (command === "destroy") element?.destroy();
  else element?.toggleAttribute("open", command === "open");
}

/** Runs when the page is parsed, so that every link is inside its element by then. */
function start() {
  if (customElements.get(tag)) return; // the script stands in the page twice
  const host = window as Host;
  const waiting = host.SecureMsg?.q as string[][] | undefined;
  customElements.define(tag, SecureMessage);
  host.SecureMsg = { q: { push: obey } };
  waiting?.forEach(obey);
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
else start();
