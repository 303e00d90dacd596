//! A thick client: it logs a professional in from a terminal, without a browser.
//!
//! ```text
//! cargo run -p openpsc-web-demo --example thick-client -- 899700990015
//! ```
//!
//! It shows two digits, large; the professional types them on the phone; it
//! prints who that was. The same steps serve against the real Pro Santé
//! Connect. There the secret may not lie on a workstation: put the steps behind
//! a server of your own, and let the workstation show the digits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use clap::Parser;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

/// Logs a professional in with the e-CPS, from a terminal.
#[derive(Parser)]
struct Flags {
    /// The professional's national identifier, for instance 899700990015.
    national_id: String,
    /// The provider, exactly as it names itself.
    #[arg(
        long,
        env = "OPENPSC_ISSUER",
        default_value = "http://localhost:8080/auth/realms/esante-wallet"
    )]
    issuer: String,
    /// This service.
    #[arg(long, default_value = "demo-bedside")]
    client_id: String,
    /// Its secret; on the command line for the sandbox only.
    #[arg(
        long,
        env = "OPENPSC_CLIENT_SECRET",
        hide_env_values = true,
        default_value = "demo-bedside-secret-0123456789abcdef"
    )]
    client_secret: String,
}

/// What of the discovery document is needed here.
#[derive(Deserialize)]
struct Provider {
    issuer: String,
    backchannel_authentication_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
}

/// The acknowledgement of a request.
#[derive(Deserialize)]
struct Asked {
    auth_req_id: String,
    expires_in: u64,
    #[serde(default = "five")]
    interval: u64,
}

/// CIBA Core §7.3: what no `interval` means.
fn five() -> u64 {
    5
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let flags = Flags::parse();
    let http = Client::builder().timeout(Duration::from_secs(40)).build()?;
    let provider = discover(&http, &flags.issuer).await?;

    let number = two_digits()?;
    let asked = ask(&http, &provider, &flags, &number).await?;
    println!("\nOpen the e-CPS on your phone and type this number:\n\n{}", large(&number));
    println!("\nYou have {} seconds.", asked.expires_in);

    let tokens = wait(&http, &provider, &flags, asked).await?;
    let claims = checked(&tokens.id_token, &provider.issuer, &flags.client_id)?;
    let person = identity(&http, &provider, &tokens.access_token).await?;
    // Core §5.3.2: or they may be somebody else's.
    ensure!(person["sub"] == claims["sub"], "userinfo speaks of another person");

    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    println!("\n{} {} is logged in.", text(&person["given_name"]), text(&person["family_name"]));
    let (means, level) = (text(&claims["authMode"]), text(&claims["acr"]));
    println!("{} · {means} · {level}", text(&person["SubjectNameID"]));
    Ok(())
}

async fn discover(http: &Client, issuer: &str) -> anyhow::Result<Provider> {
    let address = format!("{issuer}/.well-known/openid-configuration");
    let answer =
        http.get(&address).send().await.with_context(|| format!("no provider at {issuer}"))?;
    let provider: Provider = answer.error_for_status()?.json().await?;
    // Discovery §4.3: or another provider could answer in its place.
    ensure!(provider.issuer == issuer, "the provider calls itself {}", provider.issuer);
    Ok(provider)
}

/// Starts a login: the phone rings.
async fn ask(
    http: &Client,
    provider: &Provider,
    flags: &Flags,
    number: &str,
) -> anyhow::Result<Asked> {
    let form = [
        ("scope", "openid scope_all"),
        ("acr_values", "eidas1"),
        ("login_hint", flags.national_id.as_str()),
        ("binding_message", number),
        ("channel", "MOBILE"),
    ];
    let request = http.post(&provider.backchannel_authentication_endpoint).form(&form);
    let answer = request.basic_auth(&flags.client_id, Some(&flags.client_secret)).send().await?;
    if answer.status() != StatusCode::OK {
        let Refusal { error, error_description } = answer.json().await?;
        bail!("{error}: {error_description}");
    }
    Ok(answer.json().await?)
}

/// Polls until there are tokens, or never will be.
async fn wait(
    http: &Client,
    provider: &Provider,
    flags: &Flags,
    asked: Asked,
) -> anyhow::Result<Tokens> {
    let mut interval = asked.interval;
    loop {
        tokio::time::sleep(Duration::from_secs(interval)).await;
        let form = [
            ("grant_type", "urn:openid:params:grant-type:ciba"),
            ("auth_req_id", asked.auth_req_id.as_str()),
        ];
        let request = http.post(&provider.token_endpoint).form(&form);
        let request = request.basic_auth(&flags.client_id, Some(&flags.client_secret));
        let answer: Response = request.send().await?;
        if answer.status() == StatusCode::OK {
            return Ok(answer.json().await?);
        }
        let Refusal { error, error_description } = answer.json().await?;
        match error.as_str() {
            "authorization_pending" => {}
            // CIBA Core §11: five seconds more, for good.
            "slow_down" => interval += 5,
            _ => bail!("{error}: {error_description}"),
        }
    }
}

/// The claims of an ID token that came straight from the provider: its
/// signature may go unverified then (Core §3.1.3.7), its claims may not.
fn checked(id_token: &str, issuer: &str, client_id: &str) -> anyhow::Result<Value> {
    let payload = id_token.split('.').nth(1).context("the ID token is not a JWT")?;
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload)?)?;
    ensure!(claims["iss"] == issuer, "the ID token is another provider's");
    ensure!(claims["aud"] == client_id, "the ID token is for another service");
    #[expect(clippy::disallowed_methods, reason = "this is the edge of a program")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    ensure!(claims["exp"].as_u64().is_some_and(|exp| now < exp), "the ID token has expired");
    Ok(claims)
}

async fn identity(http: &Client, provider: &Provider, access_token: &str) -> anyhow::Result<Value> {
    let request = http.get(&provider.userinfo_endpoint).bearer_auth(access_token);
    Ok(request.send().await?.error_for_status()?.json().await?)
}

/// Two digits, each pair as likely as the others.
fn two_digits() -> anyhow::Result<String> {
    loop {
        let mut byte = [0];
        getrandom::fill(&mut byte)
            .map_err(|error| anyhow::anyhow!("no chance to be had: {error}"))?;
        if byte[0] < 200 {
            return Ok(format!("{:02}", byte[0] % 100));
        }
    }
}

/// Five lines a digit, to be read from across the room.
const DIGITS: [[&str; 5]; 10] = [
    ["█████", "█   █", "█   █", "█   █", "█████"],
    ["  █  ", " ██  ", "  █  ", "  █  ", " ███ "],
    ["█████", "    █", "█████", "█    ", "█████"],
    ["█████", "    █", " ████", "    █", "█████"],
    ["█   █", "█   █", "█████", "    █", "    █"],
    ["█████", "█    ", "█████", "    █", "█████"],
    ["█████", "█    ", "█████", "█   █", "█████"],
    ["█████", "    █", "   █ ", "  █  ", "  █  "],
    ["█████", "█   █", "█████", "█   █", "█████"],
    ["█████", "█   █", "█████", "    █", "█████"],
];

fn large(number: &str) -> String {
    let digits: Vec<usize> =
        number.chars().filter_map(|it| it.to_digit(10)).map(|it| it as usize).collect();
    let lines = (0..5).map(|line| {
        let parts: Vec<&str> = digits.iter().map(|digit| DIGITS[*digit][line]).collect();
        format!("    {}", parts.join("   "))
    });
    // The digits once more, for those who do not see the picture.
    format!("{}\n\n    {number}", lines.collect::<Vec<_>>().join("\n"))
}
