//! The OpenID Connect provider, as its services see it.

use openpsc_tests::on_both_engines;

on_both_engines! {
    async fn the_server_survives_a_restart(server: TestServer) {
        let t = std::time::Instant::now();
        let url = format!("{}/.well-known/openid-configuration", server.issuer());
        let before = reqwest::get(&url).await.unwrap().text().await.unwrap();
        eprintln!("got {:?}", t.elapsed());
        let server = server.restart().await;
        eprintln!("restarted {:?}", t.elapsed());
        let after = reqwest::get(&url).await.unwrap().text().await.unwrap();
        eprintln!("got {:?}", t.elapsed());
        assert_eq!(before, after);
        drop(server);
        eprintln!("dropped {:?}", t.elapsed());
    }
}
