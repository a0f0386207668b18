// An OpenID provider with its own forms, on a port of the kernel's: `node provider.mjs SECRET REDIRECT_URI…` prints its address.
// Whoever types an address signs in as the account of that name; "unverified+…" has one that the provider does not vouch for.
import { createServer } from "node:http";
import { Provider } from "../widget/node_modules/oidc-provider/lib/index.js";

const [secret, ...redirect_uris] = process.argv.slice(2);
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "clinic", client_secret: secret, redirect_uris, response_types: ["code"], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub", "email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: [secret] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: id.replace(/^(unverified|other)\+/, ""), email_verified: !id.startsWith("unverified+") }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
