//! One browser and its service, on one connection.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};

use crate::{
    connection::{Answer, Connection, header},
    flow::Flow,
    proof::Prover,
    server::Provider,
};

// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SECRET: &str = "bench-secret-0123456789abcdefghijkl";
const CALLBACK: &str = "http%3A%2F%2Flocalhost%2Fcallback";

/// A phone is not rung twice by two requests.
static NEXT_PERSON: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Visitor {
    flow: Flow,
    provider: Provider,
    connection: Connection,
    cookies: Vec<(String, String)>,
    prover: Option<Prover>,
    tokens: Tokens,
}

#[derive(Default)]
struct Tokens {
    access: String,
    refresh: String,
}

impl Visitor {
    /// Connects, and has what the flow takes for granted.
    pub(crate) async fn open(flow: Flow, provider: Provider) -> anyhow::Result<Self> {
        let connection = Connection::open(provider.port()).await?;
        let prover = (flow == Flow::PushedAndBound).then(Prover::new).transpose()?;
        let (cookies, tokens) = <_>::default();
        let mut visitor = Self { flow, provider, connection, cookies, prover, tokens };
        if flow == Flow::Sso || flow.needs_tokens() {
            visitor.code().await?;
        }
        Ok(visitor)
    }

    /// One round.
    pub(crate) async fn go(&mut self) -> anyhow::Result<()> {
        if self.flow.starts_sessions() {
            self.cookies.clear();
        }
        match self.flow {
            Flow::CodeEs256 | Flow::CodeRs256 | Flow::Sso => self.code().await,
            Flow::PushedAndBound => self.pushed_and_bound().await,
            Flow::ClientCredentials => self.client_credentials().await,
            Flow::Refresh => self.refresh().await,
            Flow::Introspection => self.introspection().await,
            Flow::Userinfo => self.userinfo().await,
            Flow::Ciba => self.ciba().await,
            Flow::Jwks => self.jwks().await,
        }
    }

    /// The browser's cookies, to be lent to another connection.
    pub(crate) fn take_cookies(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.cookies)
    }

    /// Becomes the browser that has these cookies.
    pub(crate) fn set_cookies(&mut self, cookies: Vec<(String, String)>) {
        self.cookies = cookies;
    }

    /// A login: from the request to the tokens.
    pub(crate) async fn code(&mut self) -> anyhow::Result<()> {
        let query = format!("client_id={}&{}", self.flow.client(), request());
        let code = self.authorize(&query).await?;
        self.redeem(&code, "").await
    }

    async fn pushed_and_bound(&mut self) -> anyhow::Result<()> {
        let client = self.flow.client();
        let paths = self.provider.paths();
        let form = format!("{}&{}", self.credentials(), request());
        let proof = self.proof(paths.push)?;
        let answer = self.connection.post(paths.push, &proof, &form).await?;
        let request_uri = answer.expect(201)?.member("request_uri")?.replace(':', "%3A");
        let query = format!("client_id={client}&request_uri={request_uri}");
        let code = self.authorize(&query).await?;
        let proof = self.proof(paths.token)?;
        self.redeem(&code, &proof).await
    }

    fn proof(&self, path: &str) -> anyhow::Result<String> {
        let prover = self.prover.as_ref().context("this flow has no DPoP key")?;
        prover.line(&format!("http://localhost:{}{path}", self.provider.port()))
    }

    /// From the request to the code, through whatever pages the provider has.
    async fn authorize(&mut self, query: &str) -> anyhow::Result<String> {
        let own = format!("http://localhost:{}", self.provider.port());
        let mut path = format!("{}?{query}", self.provider.paths().authorize);
        for _ in 0..4 {
            let cookies = self.cookie_line();
            let answer = self.connection.get(&path, &cookies).await?.expect(303)?;
            keep(&mut self.cookies, answer.head);
            let location = header(answer.head, "location").next().context("no location")?;
            if let Some((_, after)) = location.split_once("/callback?code=") {
                return Ok(after.split('&').next().unwrap_or_default().to_owned());
            }
            path = location.strip_prefix(&own).unwrap_or(location).to_owned();
        }
        anyhow::bail!("after four redirects there is no code")
    }

    async fn redeem(&mut self, code: &str, headers: &str) -> anyhow::Result<()> {
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}\
             &code_verifier={VERIFIER}&{}",
            self.credentials()
        );
        let path = self.provider.paths().token;
        let answer = self.connection.post(path, headers, &form).await?.expect(200)?;
        ensure!(answer.member("id_token")?.starts_with("ey"), "no ID token: {}", answer.body);
        if self.flow.needs_tokens() {
            self.tokens.access = answer.member("access_token")?.to_owned();
            self.tokens.refresh = answer.member("refresh_token")?.to_owned();
        }
        Ok(())
    }

    async fn client_credentials(&mut self) -> anyhow::Result<()> {
        let form =
            format!("grant_type=client_credentials&scope=dossier.read&{}", self.credentials());
        let path = self.provider.paths().token;
        let answer = self.connection.post(path, "", &form).await?.expect(200)?;
        ensure!(answer.member("access_token")?.starts_with("ey"), "no JWT: {}", answer.body);
        Ok(())
    }

    async fn refresh(&mut self) -> anyhow::Result<()> {
        let form = format!(
            "grant_type=refresh_token&refresh_token={}&{}",
            self.tokens.refresh,
            self.credentials()
        );
        let path = self.provider.paths().token;
        let answer = self.connection.post(path, "", &form).await?.expect(200)?;
        ensure!(answer.member("id_token")?.starts_with("ey"), "no ID token: {}", answer.body);
        Ok(())
    }

    async fn introspection(&mut self) -> anyhow::Result<()> {
        let form = format!("token={}&{}", self.tokens.access, self.credentials());
        let path = self.provider.paths().introspection;
        let answer = self.connection.post(path, "", &form).await?.expect(200)?;
        ensure!(answer.body.contains("\"active\":true"), "not active: {}", answer.body);
        Ok(())
    }

    async fn userinfo(&mut self) -> anyhow::Result<()> {
        let headers = format!("authorization: Bearer {}\r\n", self.tokens.access);
        let path = self.provider.paths().userinfo;
        let answer = self.connection.get(path, &headers).await?.expect(200)?;
        ensure!(answer.body.contains("\"SubjectNameID\":\"899700990015\""), "{}", answer.body);
        Ok(())
    }

    async fn ciba(&mut self) -> anyhow::Result<()> {
        let person = NEXT_PERSON.fetch_add(1, Ordering::Relaxed);
        let credentials = self.credentials();
        let form = format!(
            "scope=openid%20scope_all&login_hint=8{person:011}&binding_message=07&{credentials}"
        );
        let path = self.provider.paths().ciba;
        let answer = self.connection.post(path, "", &form).await?.expect(200)?;
        let form = format!(
            "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id={}&{credentials}",
            answer.member("auth_req_id")?
        );
        let path = self.provider.paths().token;
        let answer = self.connection.post(path, "", &form).await?.expect(400)?;
        ensure!(answer.member("error")? == "authorization_pending", "{}", answer.body);
        Ok(())
    }

    async fn jwks(&mut self) -> anyhow::Result<()> {
        let path = self.provider.paths().jwks;
        let answer = self.connection.get(path, "").await?.expect(200)?;
        ensure!(answer.body.starts_with("{\"keys\":["), "not a key set: {}", answer.body);
        Ok(())
    }

    fn credentials(&self) -> String {
        format!("client_id={}&client_secret={SECRET}", self.flow.client())
    }

    fn cookie_line(&self) -> String {
        if self.cookies.is_empty() {
            return String::new();
        }
        let pairs: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("cookie: {}\r\n", pairs.join("; "))
    }
}

/// The parameters of the authorization request; openpsc logs the person of the
/// hint in at once, node-oidc-provider has a page that does.
fn request() -> String {
    format!(
        "response_type=code&scope=openid%20scope_all&state=s&nonce=n&redirect_uri={CALLBACK}\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&login_hint=899700990015"
    )
}

/// Keeps the cookies of an answer; an empty one is gone.
fn keep(cookies: &mut Vec<(String, String)>, head: &str) {
    for line in header(head, "set-cookie") {
        let pair = line.split(';').next().unwrap_or(line);
        let Some((name, value)) = pair.split_once('=') else { continue };
        cookies.retain(|(known, _)| known != name);
        if !value.is_empty() {
            cookies.push((name.to_owned(), value.to_owned()));
        }
    }
}

impl<'a> Answer<'a> {
    /// The answer, if this is its status.
    fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "not {status}: {}{}", self.head, self.body);
        Ok(self)
    }

    /// A text member of a JSON answer.
    fn member(&self, name: &str) -> anyhow::Result<&'a str> {
        let value = self.body.split_once(&format!("\"{name}\":\"")).map(|(_, after)| after);
        let value = value.and_then(|after| after.split('"').next());
        value.with_context(|| format!("no {name} in {}", self.body))
    }
}
