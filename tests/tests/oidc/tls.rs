//! TLS that ends here: on both listeners, and with a certificate that changes.

use std::{fs::File, path::Path, time::Duration};

use openpsc::tls::Tls;
use openpsc_tests::{Pki, TestServer};
use tokio::net::TcpListener;

/// Shakes hands, and hangs up.
async fn shake(listener: TcpListener, tls: Tls) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        drop(tls.accept(stream).await);
    }
}

/// Puts a file in another's place, as a renewal does, later than whatever was there.
fn replace(old: &Path, new: &Path) {
    let later = std::fs::metadata(old).unwrap().modified().unwrap() + Duration::from_secs(10);
    std::fs::copy(new, old).unwrap();
    File::options().write(true).open(old).unwrap().set_modified(later).unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let (before, after) = (Pki::create(), Pki::create());
    let (certificate, key) = (before.file("server.pem"), before.file("server.key"));
    let tls = Tls::new(&certificate, &key, false).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(shake(listener, tls.clone()));
    // A new client each time: no connection and no ticket is used again. Whoever
    // gets past the handshake finds that nobody answers.
    let believes =
        async |pki: &Pki| !pki.http(None).get(&address).send().await.unwrap_err().is_connect();

    assert!(believes(&before).await);
    assert!(!tls.renew().unwrap(), "nothing was written");

    // Between the two writes they do not fit together: the old pair stays.
    replace(&certificate, &after.file("server.pem"));
    tls.renew().unwrap_err();
    assert!(believes(&before).await);

    replace(&key, &after.file("server.key"));
    assert!(tls.renew().unwrap());
    assert!(believes(&after).await);
    assert!(!believes(&before).await);
}

#[tokio::test]
async fn phones_are_served_over_tls_too() {
    let pki = Pki::create();
    let server = TestServer::start().await.reconfigured(|config| pki.secure(config)).await;
    let address = server.app_url();
    assert!(address.starts_with("https://"), "{address}");
    let answer = pki.http(None).get(address).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let plain = address.replace("https:", "http:");
    assert!(openpsc_tests::http().get(plain).send().await.is_err());
}
