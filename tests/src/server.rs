//! The provider in this process.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

use openpsc::{app::App, clock::Clock, config::Config, serve::Listening};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::rsa_keys;

/// A provider of its own for one test: a fresh database, free ports, invented
/// identities.
pub struct TestServer {
    /// The server's own handles: what the other rooms call, a test may call.
    pub app: App,
    /// What time it is, for this server.
    pub clock: Clock,
    ports: Ports,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<anyhow::Result<()>>>,
    folder: Folder,
}

impl TestServer {
    /// Starts one on SQLite, with the sandbox's settings.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts one on SQLite, with some settings changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::begin(None, change).await
    }

    /// Starts one on the PostgreSQL database of this address, or on SQLite.
    pub async fn on(database_url: Option<&str>) -> Self {
        Self::begin(database_url, |_| {}).await
    }

    /// Stops it and starts again on what it has kept. Ports and time go on.
    pub async fn restart(self) -> Self {
        self.reconfigured(|_| {}).await
    }

    /// Stops it and starts again on what it has kept, with other settings.
    pub async fn reconfigured(mut self, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.app.config.clone();
        change(&mut config);
        let before = self.clock.now();
        self.end().await;
        let ports = std::mem::take(&mut self.ports);
        let folder = std::mem::take(&mut self.folder);
        let server = Self::open(config, ports, folder).await;
        let lost = (before - server.clock.now()).max(0);
        server.clock.advance(u32::try_from(lost).unwrap());
        server
    }

    /// Starts a second node on the same database.
    pub async fn second_node(&self) -> Self {
        let mut config = self.app.config.clone();
        let ports = Ports::open();
        let [provider, phone] = ports.numbers();
        config.listen = format!("127.0.0.1:{provider}");
        config.ecps.listen = format!("127.0.0.1:{phone}");
        config.ecps.app_url = format!("http://localhost:{phone}");
        // The folder is the first node's to remove.
        Self::open(config, ports, Folder::default()).await
    }

    /// Starts again with a service changed.
    pub async fn with_client(
        self,
        client_id: &str,
        change: impl FnOnce(&mut openpsc::clients::ClientSettings),
    ) -> Self {
        self.reconfigured(|config| {
            let mut clients = config.clients.iter_mut();
            let client = clients.find(|client| client.client_id == client_id).unwrap();
            change(client);
            client.check(true).unwrap();
        })
        .await
    }

    /// Where browsers reach it, without a final slash.
    pub fn url(&self) -> &str {
        &self.app.config.public_url
    }

    /// Where its files lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where phones reach it.
    pub fn app_url(&self) -> &str {
        &self.app.config.ecps.app_url
    }

    /// Its name in tokens.
    pub fn issuer(&self) -> &str {
        &self.app.issuer
    }

    /// The address of an OpenID Connect endpoint, by its last word.
    pub fn endpoint(&self, word: &str) -> String {
        format!("{}/protocol/openid-connect/{word}", self.issuer())
    }

    async fn begin(database_url: Option<&str>, change: impl FnOnce(&mut Config)) -> Self {
        let (ports, folder) = (Ports::open(), Folder::create());
        let mut config = config(&ports, &folder.0);
        if let Some(url) = database_url {
            config.database.url = url.to_owned();
        }
        change(&mut config);
        Self::open(config, ports, folder).await
    }

    async fn open(mut config: Config, ports: Ports, folder: Folder) -> Self {
        let mutual = match &config.mtls.listen {
            Some(address) => Some(tokio::net::TcpListener::bind(address).await.unwrap()),
            None => None,
        };
        if let Some(listener) = &mutual {
            let port = listener.local_addr().unwrap().port();
            config.mtls.listen = Some(format!("127.0.0.1:{port}"));
            config.mtls.public_url = Some(format!("https://localhost:{port}"));
        }
        let app = App::open(config).await.unwrap();
        rsa_keys::give_to(&app).await.unwrap();
        let clock = app.clock.clone();
        let listening = ports.listening(app.clone());
        let listening = match mutual {
            Some(listener) => listening.with_mutual(listener),
            None => listening,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(listening.serve(async {
            let _ = stopped.await;
        }));
        Self { app, clock, ports, stop: Some(stop), serving: Some(serving), folder }
    }

    async fn end(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap().unwrap();
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}

/// Two ports that the system chose. They stay ours while the server restarts.
#[derive(Default)]
struct Ports {
    provider: Option<TcpListener>,
    phone: Option<TcpListener>,
}

impl Ports {
    fn open() -> Self {
        let open = || {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            Some(listener)
        };
        Self { provider: open(), phone: open() }
    }

    fn numbers(&self) -> [u16; 2] {
        [&self.provider, &self.phone]
            .map(|listener| listener.as_ref().unwrap().local_addr().unwrap().port())
    }

    fn listening(&self, app: App) -> Listening {
        let [provider, phone] = [&self.provider, &self.phone].map(|listener| {
            let copy = listener.as_ref().unwrap().try_clone().unwrap();
            tokio::net::TcpListener::from_std(copy).unwrap()
        });
        Listening::on(app, provider, phone)
    }
}

/// A folder for the database and the keys that live outside it; removed with
/// the test.
#[derive(Default)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn create() -> Self {
        let name = format!("openpsc-test-{}", openpsc::secret::random_token());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        for file in ["key-encryption.key", "oprf-seed.key"] {
            std::fs::write(path.join(file), openpsc::secret::random_token()).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn config(ports: &Ports, folder: &Path) -> Config {
    let database = format!("sqlite:{}/openpsc.db", folder.display());
    Config::parse(&settings(ports.numbers(), &database, folder)).unwrap()
}

/// The settings of a sandbox with the clients of `clients.toml`.
pub(crate) fn settings([provider, phone]: [u16; 2], database: &str, folder: &Path) -> String {
    let folder = folder.display();
    let clients = include_str!("clients.toml");
    format!(
        r#"
        public_url = "http://localhost:{provider}"
        listen = "127.0.0.1:{provider}"
        [database]
        url = "{database}"
        [secrets]
        key_encryption_key_file = "{folder}/key-encryption.key"
        oprf_seed_file = "{folder}/oprf-seed.key"
        [ecps]
        app_url = "http://localhost:{phone}"
        listen = "127.0.0.1:{phone}"
        [sandbox]
        {clients}
        "#
    )
}
