//! The parsers of what comes from outside, without a server around them.

use openpsc::{
    config::Config,
    directory::Directory,
    fetch::Fetcher,
    jose::{Alg, Compact, PublicKey, SigningKey, StrictValue},
    parameters::Parameters,
    secret::{base64url, from_base64url},
};
use serde_json::{Value, json};

use super::Chance;

/// Feeds each of them so many times; a panic ends it, a broken rule too.
pub fn run(seed: u64, times: usize) {
    let mut chance = Chance::new(seed);
    let key = SigningKey::generate(Alg::ES256).unwrap().0;
    let fetcher = Fetcher::new(&openpsc::fetch::Settings::default(), false);
    let token = {
        let input =
            format!("{}.{}", base64url(br#"{"alg":"ES256"}"#), base64url(br#"{"iss":"a"}"#));
        let signature = key.sign(input.as_bytes()).unwrap();
        format!("{input}.{}", base64url(&signature))
    };
    let jwk = key.jwk().to_string();
    let public = PublicKey::from_jwk(&key.jwk()).unwrap();
    for _ in 0..times {
        compact(&chance.bent(token.as_bytes()), &token, &public);
        strict_json(&chance.bent(br#"{"a":{"b":[1,2,{"c":null}],"d":"\u00e9"},"e":1.5}"#));
        let bent = chance.bent(jwk.as_bytes());
        if let Ok(value) = serde_json::from_slice::<Value>(&bent)
            && let Ok(read) = PublicKey::from_jwk(&value)
        {
            assert!(!read.thumbprint().is_empty());
            assert!(value.get("d").is_none(), "a private key is refused: {value}");
        }
        parameters(&chance.bent(b"a=1&b=%C3%A9+x&resource=y&a=2&=&&%=%zz"));
        base64(&chance.bent(base64url(b"some bytes of any kind").as_bytes()));
        called(&fetcher, &chance.bent(b"https://user@keys.example:443/jwks?x=y#z"));
        called(&fetcher, &chance.bent(b"https://127.0.0.1/"));
    }
    // These are the operator's own, and larger: fewer will do.
    let people = include_str!("../../../server/identities/sandbox.txt");
    let few: String = people.lines().take(4).collect::<Vec<_>>().join("\n");
    for _ in 0..times / 20 {
        let _ = Directory::parse(&String::from_utf8_lossy(&chance.bent(few.as_bytes())));
        let settings = "public_url = \"https://psc.example\"\n[secrets]\n[ecps]\napp_url = \"https://p.example\"\n[sessions]\nidle = 1\n";
        let _ = Config::parse(&String::from_utf8_lossy(&chance.bent(settings.as_bytes())));
        let client = json!({"client_id": "a", "client_name": "A", "redirect_uris": ["https://a.example/"],
            "jwks": {"keys": [key.jwk()]}, "token_endpoint_auth_method": "private_key_jwt"});
        let bent = chance.bent(client.to_string().as_bytes());
        if let Ok(client) = serde_json::from_slice::<openpsc::clients::ClientSettings>(&bent) {
            let _ = client.check(false);
        }
    }
}

/// One spelling of each token, and none that nobody signed.
fn compact(bytes: &[u8], good: &str, key: &PublicKey) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(token) = Compact::parse(text) else { return };
    let _ = token.unverified::<Value>();
    let keys = std::slice::from_ref(key);
    let believed = token.verified_by::<Value>(keys, &Alg::ALL, &[None]).is_ok();
    assert_eq!(believed, text == good, "{text}");
}

/// What is taken, is what everybody else reads.
fn strict_json(bytes: &[u8]) {
    let strict = serde_json::from_slice::<StrictValue>(bytes).ok();
    let loose = serde_json::from_slice::<Value>(bytes).ok();
    if let Some(StrictValue(strict)) = strict {
        assert_eq!(Some(strict), loose);
    }
}

fn parameters(bytes: &[u8]) {
    let parameters = Parameters::parse(bytes);
    let many = parameters.all("a").count();
    assert_eq!(parameters.one("a").is_err(), many > 1);
}

/// Exactly one spelling.
fn base64(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(read) = from_base64url(text) {
        assert_eq!(base64url(&read), text);
    }
}

/// Whatever would be called is https, and no address of ours.
fn called(fetcher: &Fetcher, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if fetcher.would_call(text).is_ok() {
        let url = url::Url::parse(text).unwrap();
        assert_eq!(url.scheme(), "https", "{text}");
        assert!(url.username().is_empty() && url.fragment().is_none(), "{text}");
        if let Some(url::Host::Ipv4(address)) = url.host() {
            assert!(!address.is_loopback() && !address.is_private(), "{text}");
        }
    }
}
