//! From a valid request to one that is not.

use super::{
    chance::{Chance, INTERESTING, MARK},
    seeds::Seeds,
    wire::{Body, Request},
};

/// Headers that something might believe.
const HEADERS: &[&str] = &[
    "authorization",
    "cookie",
    "dpop",
    "host",
    "origin",
    "sec-fetch-site",
    "x-forwarded-for",
    "x-forwarded-host",
    "forwarded",
    "accept-language",
    "accept",
    "accept-encoding",
    "content-type",
    "content-encoding",
    "if-none-match",
    "range",
    "expect",
    "referer",
    "user-agent",
    "client-cert",
    "x-ssl-client-cert",
    "ecps-proof",
    "te",
    "upgrade",
];

const METHODS: &[&str] =
    &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"];

/// One to four changes of a request.
pub(super) fn mutated(mut request: Request, seeds: &Seeds, chance: &mut Chance) -> Request {
    for _ in 0..=chance.below(4) {
        match chance.below(10) {
            0..=4 => parameters(&mut request, seeds, chance),
            5 => header(&mut request, seeds, chance),
            6 => path(&mut request, chance),
            7 => request.method = (*chance.pick(METHODS)).into(),
            _ => body(&mut request, seeds, chance),
        }
    }
    request
}

/// A value: a valid one of somewhere else, a nasty one, a bent one.
fn value(old: &str, seeds: &Seeds, chance: &mut Chance) -> String {
    match chance.below(8) {
        0 => seeds.value(chance).to_owned(),
        1 => (*chance.pick(INTERESTING)).into(),
        2 => format!("{old}{}", chance.pick(INTERESTING)),
        3 => format!("{}{old}", chance.pick(INTERESTING)),
        4 => String::from_utf8_lossy(&chance.bent(old.as_bytes())).into_owned(),
        5 => String::from_utf8_lossy(&chance.bytes(60)).into_owned(),
        6 => chance.pick(INTERESTING).repeat(chance.below(200)),
        _ => format!("{old}{MARK}"),
    }
}

fn parameters(request: &mut Request, seeds: &Seeds, chance: &mut Chance) {
    let pairs = match &mut request.body {
        Body::Form(pairs) if !pairs.is_empty() && !chance.one_of(5) => pairs,
        _ => &mut request.query,
    };
    let at = chance.below(pairs.len().max(1));
    match chance.below(7) {
        0 if at < pairs.len() => {
            pairs.remove(at);
        }
        1 if at < pairs.len() => pairs.push(pairs[at].clone()),
        2 => {
            let name = seeds.name(chance).to_owned();
            let value = value("", seeds, chance);
            pairs.push((name, value));
        }
        3 if at < pairs.len() => pairs[at].0 = value(&pairs[at].0.clone(), seeds, chance),
        _ if at < pairs.len() => pairs[at].1 = value(&pairs[at].1.clone(), seeds, chance),
        _ => {}
    }
}

fn header(request: &mut Request, seeds: &Seeds, chance: &mut Chance) {
    let name = (*chance.pick(HEADERS)).to_owned();
    let at = request.headers.iter().position(|(it, _)| *it == name);
    let old = at.map_or(Vec::new(), |at| request.headers[at].1.clone());
    let new = match chance.below(3) {
        0 => chance.bent(&old),
        1 => value(&String::from_utf8_lossy(&old), seeds, chance).into_bytes(),
        _ => chance.bytes(100),
    };
    // A line break would begin another header: that is the parser's of hyper.
    let new: Vec<u8> = new.into_iter().filter(|byte| !b"\r\n".contains(byte)).collect();
    match at {
        Some(at) if !chance.one_of(4) => request.headers[at].1 = new,
        _ => request.headers.push((name, new)),
    }
}

fn path(request: &mut Request, chance: &mut Chance) {
    let bent = String::from_utf8_lossy(&chance.bent(request.path.as_bytes())).into_owned();
    let mut path = match chance.below(4) {
        0 => bent,
        1 => request.path.replacen('/', "//", 1 + chance.below(3)),
        2 => format!("{}/{}", request.path, chance.pick(INTERESTING)),
        _ => {
            // Another last segment: a handle, an id, a name.
            let (head, _) = request.path.rsplit_once('/').unwrap_or(("", ""));
            format!("{head}/{}", chance.pick(INTERESTING))
        }
    };
    // A line of a request ends at its first space or break.
    path.retain(|letter| !letter.is_ascii_whitespace() && !letter.is_control());
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    request.path = path;
}

fn body(request: &mut Request, seeds: &Seeds, chance: &mut Chance) {
    request.body = match std::mem::replace(&mut request.body, Body::None) {
        Body::Json(bytes) if !chance.one_of(4) => Body::Json(json(&bytes, seeds, chance)),
        Body::Json(bytes) => Body::Json(chance.bent(&bytes)),
        Body::Form(mut pairs) => {
            if chance.one_of(3) {
                pairs.push((seeds.name(chance).into(), value("", seeds, chance)));
            }
            Body::Form(pairs)
        }
        Body::None if chance.one_of(3) => Body::Json(chance.bytes(200)),
        Body::None => Body::Form(vec![(seeds.name(chance).into(), value("", seeds, chance))]),
    };
}

/// Another value somewhere in a JSON document.
fn json(bytes: &[u8], seeds: &Seeds, chance: &mut Chance) -> Vec<u8> {
    let Ok(mut document) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return chance.bent(bytes);
    };
    let Some(members) = document.as_object_mut() else { return chance.bent(bytes) };
    let names: Vec<String> = members.keys().cloned().collect();
    if names.is_empty() {
        members.insert(seeds.name(chance).into(), serde_json::Value::Null);
        return document.to_string().into_bytes();
    }
    let name = chance.pick(&names).clone();
    let old = members[&name].as_str().unwrap_or_default().to_owned();
    members[&name] = match chance.below(7) {
        0 => serde_json::Value::Null,
        1 => serde_json::json!([old]),
        2 => serde_json::json!({ "x": old }),
        3 => serde_json::json!(-1),
        4 => serde_json::json!(1.5e300),
        _ => value(&old, seeds, chance).into(),
    };
    document.to_string().into_bytes()
}
