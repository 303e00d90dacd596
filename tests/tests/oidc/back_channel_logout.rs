//! Services' back ends are told that a session has ended.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use openpsc_tests::{Browser, Jwt, TestServer, Tokens, on_both_engines};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use super::DOCTOR;

type Answers = Arc<Mutex<VecDeque<StatusCode>>>;

/// The back ends of every service, on one port: each by its path.
pub(super) struct BackEnds {
    pub(super) port: u16,
    told: mpsc::UnboundedReceiver<(String, String)>,
}

impl BackEnds {
    /// `answers` are given first; from then on 200.
    pub(super) async fn listening(port: u16, answers: &[StatusCode]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (telling, told) = mpsc::unbounded_channel();
        let answers: Answers = Arc::new(Mutex::new(answers.iter().copied().collect()));
        let heard =
            async |State((telling, answers)): State<(mpsc::UnboundedSender<_>, Answers)>,
                   Path(service): Path<String>,
                   body: String| {
                telling.send((service, body)).unwrap();
                let status = answers.lock().unwrap().pop_front().unwrap_or(StatusCode::OK);
                let mut headers = HeaderMap::new();
                if status.is_redirection() {
                    headers.insert("location", "/elsewhere".parse().unwrap());
                }
                (status, headers)
            };
        let router = Router::new().route("/{service}", post(heard)).with_state((telling, answers));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { port, told }
    }

    /// Who was told next, and with which token.
    pub(super) async fn next(&mut self) -> (String, String) {
        let told = timeout(Duration::from_secs(30), self.told.recv()).await;
        let (service, body) = told.expect("nobody was told").unwrap();
        let token = body.strip_prefix("logout_token=").unwrap().to_owned();
        (service, token)
    }
}

/// Registers an address for every client: this port, its id as the path.
pub(super) async fn telling(server: TestServer, port: u16) -> TestServer {
    server
        .reconfigured(|config| {
            for client in &mut config.clients {
                client.backchannel_logout_uri =
                    Some(format!("http://localhost:{port}/{}", client.client_id));
            }
        })
        .await
}

async fn log_out(server: &TestServer, browser: &Browser, tokens: &Tokens) {
    let hint = [("id_token_hint", tokens.id_token.as_str())];
    let address = url::Url::parse_with_params(&server.endpoint("logout"), hint).unwrap();
    browser.get(address).await;
}

pub(super) async fn waiting(server: &TestServer) -> usize {
    let rows = openpsc::database::sql("select sid from logout_notices");
    rows.fetch_all(&server.app.database).await.unwrap().len()
}

on_both_engines! {
    async fn every_service_of_the_session_is_told_with_a_token_of_its_own(server: TestServer) {
        let mut back_ends = BackEnds::listening(0, &[]).await;
        let server = telling(server, back_ends.port).await;
        let browser = server.browser();
        let agenda = server.client("agenda").log_in(&browser, DOCTOR).await;
        let imagerie = server.client("imagerie");
        let request = imagerie.request();
        let code = imagerie.code(&request, &browser.get(&request.url).await);
        let imagerie = imagerie.redeem(&code, &request.verifier).await.unwrap();
        let stranger = server.client("hopital").log_in(&server.browser(), DOCTOR).await;
        assert_ne!(stranger.session_state, agenda.session_state);

        log_out(&server, &browser, &agenda).await;

        let mut told = [back_ends.next().await, back_ends.next().await];
        told.sort();
        assert_eq!(told.each_ref().map(|(service, _)| service.as_str()), ["agenda", "imagerie"]);
        let mut numbers = Vec::new();
        for ((service, token), tokens) in told.iter().zip([agenda, imagerie]) {
            let id_token = Jwt::read(&tokens.id_token);
            let logout = server.verified(token).await;
            assert_eq!(logout.header["typ"], "logout+jwt");
            assert_eq!(logout.header["alg"], id_token.header["alg"]);
            assert_eq!(logout.text("aud"), service);
            assert_eq!(logout.text("iss"), server.issuer());
            assert_eq!(logout.text("sid"), tokens.session_state);
            assert_eq!(logout.text("sub"), id_token.text("sub"));
            assert!(logout.number("exp") - logout.number("iat") <= 120);
            let event = "http://schemas.openid.net/event/backchannel-logout";
            assert!(logout.claims["events"][event].as_object().unwrap().is_empty());
            // §2.4: a logout token must not pass for an ID token.
            assert!(logout.claims.get("nonce").is_none());
            numbers.push(logout.text("jti").to_owned());
        }
        assert_ne!(numbers[0], numbers[1]);
    }

    async fn a_service_that_fails_is_told_again_and_one_that_refuses_is_not(server: TestServer) {
        let failing = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::FOUND, StatusCode::BAD_REQUEST];
        let mut back_ends = BackEnds::listening(0, &failing).await;
        let server = telling(server, back_ends.port).await;
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        log_out(&server, &browser, &tokens).await;

        let (_, first) = back_ends.next().await;
        server.clock.advance(3);
        let (_, second) = back_ends.next().await;
        server.clock.advance(10);
        // The redirect was not followed: the third try goes to the service again.
        let (service, third) = back_ends.next().await;
        assert_eq!(service, "agenda");
        let number = |token: &str| Jwt::read(token).text("jti").to_owned();
        assert_ne!(number(&first), number(&second));
        assert_ne!(number(&second), number(&third));

        while waiting(&server).await > 0 {
            tokio::task::yield_now().await;
        }
        server.clock.advance(3600);
        openpsc::logout::tell_clients(&server.app).await.unwrap();
        assert!(back_ends.told.try_recv().is_err(), "it has said that it refuses");
    }

    async fn a_service_that_was_away_is_told_after_a_restart_of_ours(server: TestServer) {
        // Nobody listens at the address yet.
        let port = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
        let server = telling(server, port).await;
        let browser = server.browser();
        let tokens = server.client("agenda").log_in(&browser, DOCTOR).await;
        log_out(&server, &browser, &tokens).await;
        openpsc::logout::tell_clients(&server.app).await.unwrap();
        assert_eq!(waiting(&server).await, 1);

        let mut back = BackEnds::listening(port, &[]).await;
        let server = server.restart().await;
        server.clock.advance(3600);
        let (service, token) = back.next().await;
        assert_eq!(service, "agenda");
        assert_eq!(server.verified(&token).await.text("sid"), tokens.session_state);
    }
}
