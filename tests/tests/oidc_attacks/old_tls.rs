//! Old TLS, by hand: no library of ours speaks it (oidc-rules §9, RFC 9325).

use openpsc_tests::{Pki, TestServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, timeout},
};

/// A message of the handshake.
const HANDSHAKE: u8 = 22;

/// ECDHE with AES-GCM or ChaCha20: what we take of TLS 1.2.
const GOOD: &[u16] = &[0xc02b, 0xc02c, 0xcca9];

/// RSA key exchange, CBC, RC4, 3DES, static and finite-field Diffie-Hellman,
/// anonymous and export ones.
const BAD: &[u16] = &[
    0x002f, 0x0035, 0x003c, 0x009c, 0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc027, 0x0005, 0x000a,
    0xc004, 0xc031, 0x0033, 0x009e, 0x0034, 0xc018, 0x0003, 0x0008, 0x0000, 0x0001, 0xc006,
];

fn block(bytes: &[u8], length: usize) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&size[4 - length..], bytes].concat()
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A ClientHello (RFC 5246 §7.4.1.2).
fn hello(version: u16, suites: &[u16]) -> Vec<u8> {
    let extension = |number: u16, body: &[u8]| [words(&[number]), block(body, 2)].concat();
    let name = [&[0], block(b"localhost", 2).as_slice()].concat();
    let extensions = [
        extension(0, &block(&name, 2)),
        extension(10, &block(&words(&[0x001d, 0x0017]), 2)),
        extension(11, &[1, 0]),
        extension(13, &block(&words(&[0x0403, 0x0804, 0x0401, 0x0203, 0x0201]), 2)),
    ]
    .concat();
    let body = [
        words(&[version]),
        vec![7; 32],
        vec![0],
        block(&words(suites), 2),
        vec![1, 0],
        block(&extensions, 2),
    ]
    .concat();
    let message = [vec![1], block(&body, 3)].concat();
    [vec![HANDSHAKE], words(&[version.min(0x0301)]), block(&message, 2)].concat()
}

/// Whether the server goes on with the handshake.
async fn is_taken(server: &TestServer, version: u16, suites: &[u16]) -> bool {
    let mut stream = TcpStream::connect(&server.app.config.listen).await.unwrap();
    stream.write_all(&hello(version, suites)).await.unwrap();
    let mut first = [0];
    let read = timeout(Duration::from_secs(30), stream.read(&mut first)).await;
    read.expect("an answer, or an end").is_ok_and(|length| length == 1) && first[0] == HANDSHAKE
}

#[tokio::test]
async fn only_tls_1_2_with_good_suites_and_1_3_are_spoken() {
    let pki = Pki::create();
    let server = TestServer::start().await.reconfigured(|config| pki.secure(config)).await;
    assert!(is_taken(&server, 0x0303, GOOD).await, "TLS 1.2");
    for version in [0x0300, 0x0301, 0x0302] {
        assert!(!is_taken(&server, version, GOOD).await, "{version:#x}");
        assert!(!is_taken(&server, version, BAD).await, "{version:#x}");
    }
    for suite in BAD {
        assert!(!is_taken(&server, 0x0303, &[*suite]).await, "{suite:#x}");
    }
    // The good ones are chosen whatever stands before them.
    assert!(is_taken(&server, 0x0303, &[BAD, GOOD].concat()).await);
    // What speaks no TLS at all learns nothing.
    let mut stream = TcpStream::connect(&server.app.config.listen).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await.unwrap().ok();
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}
