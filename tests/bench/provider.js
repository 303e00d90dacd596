// node-oidc-provider, set up to do what openpsc does in the bench, so that the
// two can be measured side by side: `node provider.js PORT`.
//
// Its adapter is the library's own, which keeps a thousand entries in memory:
// nothing is durable, and nothing grows. Its access tokens are opaque where a
// person is behind them, signed where a service acts for itself.

import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://localhost:${port}`;
const RESOURCE = "urn:openpsc:bench";
const SECRET = "bench-secret-0123456789abcdefghijkl";
const CIBA = "urn:openid:params:grant-type:ciba";

function signingKey(type, options, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  const jwk = privateKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify(jwk)).digest("base64url");
  return { ...jwk, alg, use: "sig", kid };
}

function client(id, more) {
  return {
    client_id: id,
    client_secret: SECRET,
    token_endpoint_auth_method: "client_secret_post",
    redirect_uris: ["http://localhost/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    id_token_signed_response_alg: "ES256",
    scope: "openid scope_all",
    ...more,
  };
}

const provider = new Provider(issuer, {
  clients: [
    client("bench-es256", {}),
    client("bench-rs256", { id_token_signed_response_alg: "RS256" }),
    client("bench-dpop", { dpop_bound_access_tokens: true }),
    client("bench-machine", {
      redirect_uris: [],
      response_types: [],
      grant_types: ["client_credentials"],
      scope: "dossier.read",
    }),
    client("bench-ciba", {
      redirect_uris: [],
      response_types: [],
      grant_types: [CIBA, "refresh_token"],
      backchannel_token_delivery_mode: "poll",
    }),
  ],
  jwks: {
    keys: [
      signingKey("ec", { namedCurve: "P-256" }, "ES256"),
      signingKey("rsa", { modulusLength: 2048 }, "RS256"),
    ],
  },
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  scopes: ["openid", "scope_all", "dossier.read"],
  claims: { scope_all: ["SubjectNameID", "given_name", "family_name", "preferred_username"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  rotateRefreshToken: false,
  issueRefreshToken: async (_context, client) => client.grantTypeAllowed("refresh_token"),
  ttl: {
    AccessToken: 120,
    AuthorizationCode: 60,
    BackchannelAuthenticationRequest: 120,
    ClientCredentials: 120,
    Grant: 4 * 60 * 60,
    IdToken: 120,
    Interaction: 600,
    RefreshToken: 30 * 60,
    Session: 4 * 60 * 60,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: async (_context, client, token) => token.clientId === client.clientId,
    },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true },
    ciba: {
      enabled: true,
      deliveryModes: ["poll"],
      processLoginHint: async (_context, hint) => hint,
      validateBindingMessage: async () => {},
      validateRequestContext: async () => {},
      verifyUserCode: async () => {},
      triggerAuthenticationDevice: async () => {},
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (context) =>
        context.oidc.params.grant_type === "client_credentials" ? RESOURCE : undefined,
      getResourceServerInfo: async () => ({
        scope: "dossier.read",
        accessTokenTTL: 120,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  // Nobody is asked for consent: openpsc does not ask either.
  loadExistingGrant: async (context) => {
    const { client, session, result } = context.oidc;
    const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
    if (known) return provider.Grant.find(known);
    const grant = new provider.Grant({
      clientId: client.clientId,
      accountId: session.accountId,
    });
    grant.addOIDCScope("openid scope_all");
    await grant.save();
    return grant;
  },
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      SubjectNameID: id,
      preferred_username: id,
      given_name: "JEAN",
      family_name: "TEST",
    }),
  }),
});

for (const event of ["server_error", "grant.error", "authorization.error"]) {
  provider.on(event, (_context, error) => {
    if (error.error !== "authorization_pending") console.error(event, error);
  });
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) {
    answer(request, response);
    return;
  }
  // The login page, for somebody who is known at once.
  provider
    .interactionFinished(request, response, { login: { accountId: "899700990015" } })
    .catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
}).listen(port, "127.0.0.1");
