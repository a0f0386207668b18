// An OpenID provider with its own forms, on a port of the kernel's: `node provider.mjs SECRET REDIRECT_URI…` prints its address.
// Whoever types an address signs in as the account of that name; "unverified+…" has one that the provider does not vouch for,
// "unsaid+…" one of which it does not say, and "text+…" one of which it says so in a text. "password+…" shows a password alone.
import { createServer } from "node:http";
import { Provider } from "../widget/node_modules/oidc-provider/lib/index.js";

const [secret, ...redirect_uris] = process.argv.slice(2);
const VERIFIED = { "unverified+": false, "unsaid+": undefined, "text+": "false" };
const prefix = (id) => id.match(/^[a-z]+\+/)?.[0] ?? "";
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "clinic", client_secret: secret, redirect_uris, response_types: ["code"], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub", "email", "email_verified", "amr"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: [secret] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: id.slice(prefix(id).length),
        email_verified: prefix(id) in VERIFIED ? VERIFIED[prefix(id)] : true,
      }),
    }),
  });
  const { loginAccount } = provider.Session.prototype;
  provider.Session.prototype.loginAccount = function (details) {
    const amr = prefix(details.accountId) === "password+" ? ["pwd"] : ["pwd", "otp", "mfa"];
    loginAccount.call(this, { ...details, amr });
  };
  server.on("request", provider.callback());
  console.log(issuer);
});
