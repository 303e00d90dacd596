//! A server double that gives nonces out and writes down what came in.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use openpsc_ecps_keys::jws::open_compact;
use openpsc_protocol::ecps::PublicKey;
use rand_core::OsRng;
use serde_json::{Value, json};

use super::*;

/// What the double answers to the calls with a proof, first to last.
#[derive(Clone, Default)]
struct Double {
    answers: Arc<Mutex<Vec<(StatusCode, Value)>>>,
    calls: Arc<Mutex<Vec<(String, Bytes)>>>,
    given: Arc<Mutex<u32>>,
}

impl Double {
    async fn start(answers: &[(StatusCode, Value)]) -> (Self, Wire) {
        let double = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let router = Router::new()
            .route(paths::NONCE, post(Self::first_nonce))
            .route(paths::DEVICE, post(Self::device))
            .with_state(double.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (double, Wire::new(&format!("http://{address}/")))
    }

    fn next_nonce(&self) -> String {
        let mut given = self.given.lock().unwrap();
        *given += 1;
        format!("nonce-{given}")
    }

    async fn first_nonce(State(double): State<Self>) -> Json<Value> {
        Json(json!({ "nonce": double.next_nonce(), "now": 1 }))
    }

    async fn device(State(double): State<Self>, headers: HeaderMap, body: Bytes) -> Response {
        let proof = headers[PROOF_HEADER].to_str().unwrap().to_owned();
        double.calls.lock().unwrap().push((proof, body));
        let (status, body) = double.answers.lock().unwrap().remove(0);
        (status, [(NONCE_HEADER, double.next_nonce())], Json(body)).into_response()
    }

    /// The proofs as the key of the phone opens them, with their bodies.
    fn proofs(&self, key: &PublicKey) -> Vec<(Proof, Bytes)> {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .map(|(text, body)| {
                (open_compact(text, typ::PROOF, &[("phone", key)]).unwrap(), body.clone())
            })
            .collect()
    }
}

fn refusal(error: &str) -> Value {
    json!({ "error": error, "error_description": "No." })
}

async fn ask(wire: &Wire, key: &PossessionKey) -> Result<Value, PhoneError> {
    wire.call(&Caller { device_id: "phone", key }, paths::DEVICE, &json!({ "a": 1 })).await
}

#[tokio::test]
async fn each_call_proves_its_path_and_body_with_a_fresh_nonce() {
    let (double, wire) =
        Double::start(&[(StatusCode::OK, json!({ "n": 1 })), (StatusCode::OK, json!({ "n": 2 }))])
            .await;
    let key = PossessionKey::random(&mut OsRng);

    ask(&wire, &key).await.unwrap();
    ask(&wire, &key).await.unwrap();

    let proofs = double.proofs(&key.public_key());
    for (proof, body) in &proofs {
        assert_eq!((proof.htm.as_str(), proof.htp.as_str()), ("POST", paths::DEVICE));
        assert_eq!(proof.bh, digest_b64(body));
    }
    assert_eq!(proofs[0].0.nonce, "nonce-1");
    assert_eq!(proofs[1].0.nonce, "nonce-2", "the nonce of the last answer saves a call");
}

#[tokio::test]
async fn a_spent_nonce_is_replaced_once() {
    let (double, wire) = Double::start(&[
        (StatusCode::UNAUTHORIZED, refusal("use_nonce")),
        (StatusCode::OK, json!({ "n": 1 })),
    ])
    .await;
    let key = PossessionKey::random(&mut OsRng);

    assert_eq!(ask(&wire, &key).await.unwrap(), json!({ "n": 1 }));

    let nonces: Vec<String> =
        double.proofs(&key.public_key()).into_iter().map(|(proof, _)| proof.nonce).collect();
    assert_eq!(nonces, ["nonce-1", "nonce-2"]);
}

#[tokio::test]
async fn a_server_that_never_likes_a_nonce_is_not_asked_for_ever() {
    let no = (StatusCode::UNAUTHORIZED, refusal("use_nonce"));
    let (double, wire) = Double::start(&[no.clone(), no]).await;
    let key = PossessionKey::random(&mut OsRng);

    let refused = ask(&wire, &key).await.unwrap_err();

    assert_eq!(refused.refusal(), Some(RefusalCode::UseNonce));
    assert_eq!(double.calls.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_carries_what_the_server_said() {
    let body = json!({ "error": "pin_wrong", "error_description": "No.", "tries_left": 2 });
    let (_double, wire) = Double::start(&[(StatusCode::FORBIDDEN, body)]).await;

    let refused = ask(&wire, &PossessionKey::random(&mut OsRng)).await.unwrap_err();

    let PhoneError::Refused(refused) = refused else { panic!("{refused}") };
    assert_eq!((refused.error, refused.tries_left), (RefusalCode::PinWrong, Some(2)));
}

#[tokio::test]
async fn an_answer_of_another_kind_is_not_mistaken_for_a_refusal() {
    let (_double, wire) = Double::start(&[(StatusCode::BAD_GATEWAY, json!("proxy"))]).await;
    let refused = ask(&wire, &PossessionKey::random(&mut OsRng)).await.unwrap_err();
    assert!(matches!(refused, PhoneError::Foreign { status: 502, .. }), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wire = Wire::new(&format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);
    let refused = ask(&wire, &PossessionKey::random(&mut OsRng)).await.unwrap_err();
    assert!(matches!(refused, PhoneError::Unreachable(_)), "{refused}");
}
