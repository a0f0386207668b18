// Passkeys: what the browser is asked stands in the page, and what it answers goes out by the form beside it.
import { say } from "./words.ts";

type Asked = Record<string, any>;

/** Shows what needs a passkey, where the browser knows them: without, the pages do as well. */
export function startPasskeys(): void {
  if (!window.PublicKeyCredential) return;
  document.querySelectorAll<HTMLFormElement>("form[data-passkey]").forEach(offer);
  const button = document.querySelector<HTMLButtonElement>("button[data-use-passkey]");
  if (!button) return;
  const form = button.form!, asked: Asked = JSON.parse(button.dataset.usePasskey!);
  button.hidden = false;
  button.addEventListener("click", () => void send(form, "step_up_passkey", () => use(asked)));
}

/** A form that makes a passkey or signs in by one. Where people sign in, the browser offers theirs in the email's box as well. */
function offer(form: HTMLFormElement): void {
  const asked: Asked = JSON.parse(form.dataset.passkey!), isNew = "rp" in asked, waiting = new AbortController();
  form.hidden = false;
  document.querySelector<HTMLElement>("[data-no-passkeys]")?.setAttribute("hidden", "");
  if (!isNew) void wait(form, asked, waiting.signal);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation(); // the form goes out once there is an answer
    waiting.abort();
    void send(form, "passkey", () => (isNew ? make(asked) : use(asked)));
  });
}

async function wait(form: HTMLFormElement, asked: Asked, signal: AbortSignal): Promise<void> {
  try {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const answer = await use(asked, { mediation: "conditional", signal });
    if (answer) submit(form, "passkey", answer);
  } catch { /* nobody chose one there */ }
}

async function send(form: HTMLFormElement, field: string, ask: () => Promise<string | undefined>): Promise<void> {
  form.querySelector("[data-failure]")?.remove();
  try {
    const answer = await ask();
    if (answer) return submit(form, field, answer);
    fail(form, say("No passkey was used. You can try again."));
  } catch (error) {
    const known = error instanceof DOMException && error.name === "InvalidStateError";
    fail(form, known ? say("This device has a passkey of yours already.") : say("No passkey was used. You can try again."));
  }
}

function submit(form: HTMLFormElement, field: string, answer: string): void {
  form.querySelector<HTMLInputElement>(`input[name=${field}]`)!.value = answer;
  form.submit(); // past what the form asks of a code
}

function fail(form: HTMLFormElement, sentence: string): void {
  const failure = document.createElement("p");
  failure.className = "wrong";
  failure.role = "alert";
  failure.dataset.failure = "";
  failure.textContent = sentence;
  form.append(failure);
}

async function make(asked: Asked): Promise<string | undefined> {
  const publicKey = { ...asked, challenge: bytes(asked.challenge), user: { ...asked.user, id: bytes(asked.user.id) }, excludeCredentials: asked.excludeCredentials.map(known) };
  const made = (await navigator.credentials.create({ publicKey: publicKey as any })) as PublicKeyCredential | null;
  if (!made) return undefined;
  const { clientDataJSON, attestationObject, getTransports } = made.response as AuthenticatorAttestationResponse;
  const transports = getTransports?.call(made.response) ?? [];
  return told(made, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject), transports });
}

async function use(asked: Asked, how: CredentialRequestOptions = {}): Promise<string | undefined> {
  const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: asked.allowCredentials.map(known) };
  const found = (await navigator.credentials.get({ ...how, publicKey: publicKey as any })) as PublicKeyCredential | null;
  if (!found) return undefined;
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response as AuthenticatorAssertionResponse;
  return told(found, { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle && text(userHandle) });
}

/** As the standard's own toJSON() says it, which not every browser has yet. */
function told({ id, type }: PublicKeyCredential, response: object): string {
  return JSON.stringify({ id, rawId: id, type, response, clientExtensionResults: {} });
}

function known(each: { id: string; type: string }): object {
  return { ...each, id: bytes(each.id) };
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
