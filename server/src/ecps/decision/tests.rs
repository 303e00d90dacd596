use openpsc_ecps_keys::{KnowledgeKey, PossessionKey, jws::Draft};
use openpsc_protocol::ecps::Start;

use super::*;

const ISSUER: &str = "https://issuer.test";

/// A phone with real keys, and a push that it shows.
struct Scene {
    k1: PossessionKey,
    k2: KnowledgeKey,
    device: Device,
    request: Request,
    now: UnixTime,
}

impl Scene {
    fn new() -> Self {
        let k1 = PossessionKey::from_bytes(&[1; 32]).unwrap();
        let k2 = KnowledgeKey::from_prk(&[2; 32]);
        let device = Device {
            k1: k1.public_key(),
            k2: Some(k2.public_key()),
            ..super::super::device::tests::active()
        };
        Self { k1, k2, device, request: super::super::request::tests::fetched_push(), now: 1010 }
    }

    fn decision(&self) -> Decision {
        Decision {
            iss: "d1".into(),
            aud: ISSUER.into(),
            rid: "r1".into(),
            ch: digest_b64("challenge"),
            dec: Verdict::Approve,
            num: Some("07".into()),
            why: None,
            ctr: 5,
            chain: "c4".into(),
            iat: 0,
        }
    }

    fn approval(&self, decision: &Decision) -> SignedMessage {
        let draft = Draft::new(typ::APPROVAL, decision).unwrap();
        draft
            .sign(kid::K1, |input| self.k1.sign(input))
            .sign(kid::K2, |input| self.k2.sign(input))
            .into_message()
    }

    fn denial(&self, decision: &Decision) -> SignedMessage {
        let draft = Draft::new(typ::APPROVAL, decision).unwrap();
        draft.sign(kid::K1, |input| self.k1.sign(input)).into_message()
    }

    fn judge(&self, message: &SignedMessage) -> Outcome {
        let bench = Bench {
            device: &self.device,
            request: &self.request,
            issuer: ISSUER,
            body_digest: "body",
            now: self.now,
        };
        judge(message, &read(message).unwrap(), bench)
    }

    fn judge_approval(&self, change: impl FnOnce(&mut Decision)) -> Outcome {
        let mut decision = self.decision();
        change(&mut decision);
        self.judge(&self.approval(&decision))
    }
}

fn refused(code: RefusalCode) -> Outcome {
    Outcome::Refuse(code)
}

#[test]
fn the_right_answer_approves() {
    assert_eq!(Scene::new().judge_approval(|_| {}), Outcome::Approve);
}

#[test]
fn a_wrong_number_ends_the_request() {
    let outcome = Scene::new().judge_approval(|decision| decision.num = Some("70".into()));
    assert_eq!(outcome, Outcome::NumberWrong);
}

#[test]
fn a_missing_number_is_malformed() {
    let outcome = Scene::new().judge_approval(|decision| decision.num = None);
    assert_eq!(outcome, refused(RefusalCode::InvalidRequest));
}

#[test]
fn a_wrong_pin_is_noticed_before_a_wrong_number() {
    let scene = Scene { k2: KnowledgeKey::from_prk(&[9; 32]), ..Scene::new() };
    let outcome = scene.judge_approval(|decision| decision.num = Some("70".into()));
    assert_eq!(outcome, Outcome::PinWrong);
}

#[test]
fn a_copy_is_noticed_before_a_wrong_pin() {
    let scene = Scene { k2: KnowledgeKey::from_prk(&[9; 32]), ..Scene::new() };
    assert_eq!(scene.judge_approval(|decision| decision.ctr = 4), Outcome::Suspend);
    assert_eq!(scene.judge_approval(|decision| decision.chain = "c3".into()), Outcome::Suspend);
}

#[test]
fn another_challenge_is_noticed_before_a_copy() {
    let outcome = Scene::new().judge_approval(|decision| {
        decision.ch = digest_b64("another");
        decision.ctr = 4;
    });
    assert_eq!(outcome, refused(RefusalCode::ChallengeMismatch));
}

#[test]
fn a_late_answer_is_refused_whatever_it_says() {
    let scene = Scene { now: 1120, ..Scene::new() };
    assert_eq!(scene.judge_approval(|_| {}), refused(RefusalCode::RequestExpired));
    assert_eq!(
        scene.judge_approval(|decision| decision.ctr = 1),
        refused(RefusalCode::RequestExpired)
    );
}

#[test]
fn a_stranger_with_another_k1_suspends_nobody() {
    let scene = Scene { k1: PossessionKey::from_bytes(&[3; 32]).unwrap(), ..Scene::new() };
    assert_eq!(
        scene.judge_approval(|decision| decision.ctr = 1),
        refused(RefusalCode::InvalidRequest)
    );
}

#[test]
fn an_approval_without_the_pin_is_refused() {
    let scene = Scene::new();
    let outcome = scene.judge(&scene.denial(&scene.decision()));
    assert_eq!(outcome, refused(RefusalCode::InvalidRequest));
}

#[test]
fn without_a_counted_evaluation_the_pin_is_not_looked_at() {
    let mut scene = Scene::new();
    scene.device.evaluated_for = None;
    assert_eq!(scene.judge_approval(|_| {}), refused(RefusalCode::PinWrong));
    scene.k2 = KnowledgeKey::from_prk(&[9; 32]);
    assert_eq!(scene.judge_approval(|_| {}), refused(RefusalCode::PinWrong));
    scene.device.pin_locked_until = 2000;
    assert_eq!(scene.judge_approval(|_| {}), refused(RefusalCode::PinLocked));
}

#[test]
fn the_third_guess_may_still_prove_right() {
    let mut scene = Scene::new();
    scene.device.pin_failures = 3;
    scene.device.pin_locked_until = 1300;
    assert_eq!(scene.judge_approval(|_| {}), Outcome::Approve);
}

#[test]
fn no_needs_no_pin_and_no_number() {
    let scene = Scene::new();
    let no = Decision {
        dec: Verdict::Deny,
        num: None,
        why: Some(DenialReason::NotMe),
        ..scene.decision()
    };
    assert_eq!(scene.judge(&scene.denial(&no)), Outcome::Deny(DenialReason::NotMe));
    assert_eq!(scene.judge(&scene.approval(&no)), refused(RefusalCode::InvalidRequest));
}

#[test]
fn a_scanned_request_takes_no_number() {
    let mut scene = Scene::new();
    scene.request.start = Start::Qr;
    scene.request.number = None;
    assert_eq!(scene.judge_approval(|_| {}), refused(RefusalCode::InvalidRequest));
    assert_eq!(scene.judge_approval(|decision| decision.num = None), Outcome::Approve);
}

#[test]
fn the_answer_of_another_device_or_issuer_is_refused() {
    let scene = Scene::new();
    for change in [
        |decision: &mut Decision| decision.iss = "d2".into(),
        |decision: &mut Decision| decision.aud = "https://other.test".into(),
    ] {
        assert_eq!(scene.judge_approval(change), refused(RefusalCode::InvalidRequest));
    }
}

fn after_approval() -> Scene {
    let mut scene = Scene::new();
    scene.request.state = RequestState::Approved;
    scene.request.decided_at = Some(1010);
    scene.request.decision_digest = Some("body".into());
    scene.request.answer = Some((5, "c5".into()));
    scene.device.ctr = 5;
    scene.device.chain = "c5".into();
    scene.device.previous_chain = Some("c4".into());
    scene.device.last_rid = Some("r1".into());
    scene.device.evaluated_for = None;
    scene
}

#[test]
fn the_same_body_gets_the_same_answer() {
    let again = Outcome::Repeat(Decided { next_chain: "c5".into(), ctr: 5 });
    assert_eq!(after_approval().judge_approval(|_| {}), again);
}

#[test]
fn a_lost_answer_is_given_again_to_the_same_verdict_only() {
    let mut scene = after_approval();
    scene.request.decision_digest = Some("lost".into());
    let again = Outcome::Repeat(Decided { next_chain: "c5".into(), ctr: 5 });
    assert_eq!(scene.judge_approval(|_| {}), again);
    let no = Decision { dec: Verdict::Deny, num: None, ..scene.decision() };
    assert_eq!(scene.judge(&scene.denial(&no)), refused(RefusalCode::RequestOver));
    scene.device.last_rid = Some("r2".into());
    assert_eq!(scene.judge_approval(|_| {}), refused(RefusalCode::RequestOver));
}
