//! What the log keeps of the e-CPS, and what it must never hold (E18). In a
//! program of its own: the log of a process is one.

#![expect(clippy::unwrap_used, reason = "a scene that cannot go on has failed")]

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use openpsc_ecps_phone::Phone;
use openpsc_tests::{LOGIN, PIN, TestServer, WRONG_PIN};

const DOCTOR: &str = "899700990015";

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_step_is_audited_and_no_secret_is() {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new("info"))
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let server = TestServer::start().await;
    let phone: Phone = server.enrol(DOCTOR).await;
    let push = server.push(DOCTOR).await;
    phone.approve_with_pin(&push.rid, Some(&push.number), WRONG_PIN).await.unwrap_err();
    phone.approve(&push.rid, Some(&push.number)).await.unwrap();
    let link = server.link().await;
    server.qr(LOGIN).await;

    let log = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();

    for step in [
        "enrolment_started",
        "enrolment_claimed",
        "enrolment_pin_chosen",
        "enrolment_confirmed",
        "approval_asked",
        "approval_shown",
        "pin_tried",
        "pin_wrong",
        "approval_accepted",
    ] {
        let line = log.lines().find(|line| line.contains(&format!("event=\"{step}\"")));
        assert!(line.is_some_and(|line| line.contains("audit:")), "{step}: {log}");
    }
    assert!(log.contains(&push.rid), "{log}");
    let state = phone.state();
    let secret = link.link.rsplit('.').next().unwrap();
    let chain = state.chain.clone().unwrap();
    let secrets = [PIN, WRONG_PIN, &chain, secret, &state.possession_key, "number=", "blinded"];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret}");
    }
    // The person is named in the audit trail only.
    let named = log.lines().filter(|line| line.contains(DOCTOR));
    assert!(named.clone().count() > 0 && named.clone().all(|line| line.contains(" audit:")));
}
