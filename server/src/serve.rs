//! Listens: our own accept loop, because slow and silent callers need an end.

mod address;
mod client_address;
mod first_bytes;
mod whole;

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

pub(crate) use self::address::with_any_slashes;
use self::first_bytes::FirstBytes;
use crate::{
    app::App,
    audit::{self, Event, Kind},
    ciba, clients,
    config::Config,
    logout, sessions, sweep,
    tls::{self, ClientCertificate, ProxySettings, Tls},
};

/// How long a caller may take for the head of a request, and for each piece of
/// its body.
const SLOWEST: Duration = Duration::from_secs(10);

/// The longest head of a request, in bytes (oidc-rules §16).
const LONGEST_HEAD: u32 = 32 * 1024;

/// Who called.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The address at the other end of the connection.
    pub address: SocketAddr,
    /// The caller's own address: the same, unless a proxy of ours says another.
    pub client: IpAddr,
}

impl Peer {
    fn of(address: SocketAddr, headers: &HeaderMap, proxy: &ProxySettings) -> Self {
        Self { address, client: client_address::of(address.ip(), headers, proxy) }
    }

    /// Who counts as one caller: an address, and of IPv6 the whole network that
    /// a household is given.
    pub fn network(&self) -> String {
        match self.client {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = SocketAddr::from(([0, 0, 0, 0], 0));
        let unknown = Self { address, client: address.ip() };
        Ok(parts.extensions.get().copied().unwrap_or(unknown))
    }
}

/// A server whose ports are open.
pub struct Listening {
    app: App,
    provider: TcpListener,
    phone: TcpListener,
    mutual: Option<TcpListener>,
}

impl Listening {
    /// Opens the ports.
    pub async fn bind(app: App) -> anyhow::Result<Self> {
        let provider = listen(&app.config.listen).await?;
        let phone = listen(&app.config.ecps.listen).await?;
        let mutual = match &app.config.mtls.listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        Ok(Self { app, provider, phone, mutual })
    }

    /// Takes ports that are open already, as tests do.
    pub fn on(app: App, provider: TcpListener, phone: TcpListener) -> Self {
        Self { app, provider, phone, mutual: None }
    }

    /// The same with an open port for services with certificates.
    #[must_use]
    pub fn with_mutual(self, mutual: TcpListener) -> Self {
        Self { mutual: Some(mutual), ..self }
    }

    /// Answers until `stop`, then lets what is under way end.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { app, provider, phone, mutual } = self;
        let tls = tls_of(&app.config)?;
        let operations = match &app.config.operations {
            Some(settings) => Some(listen(&settings.listen).await?),
            None => None,
        };
        // Keys may have to be made: nobody should wait for that at the first login.
        let keys = app.clone();
        tokio::spawn(async move {
            if let Err(cause) = keys.keys.get(&keys).await {
                tracing::error!(cause = format!("{cause:#}"), "the keys cannot be read");
            }
        });
        let gone = app.clone();
        tokio::spawn(async move {
            if let Err(cause) = sessions::end_of_the_gone(&gone).await {
                tracing::error!(cause = format!("{cause:#}"), "could not end sessions of the gone");
            }
        });
        let sweeping = tokio::spawn(sweep::run(app.clone()));
        let watching = tokio::spawn(clients::watch(app.clone()));
        let pinging = tokio::spawn(ciba::run_pings(app.clone()));
        let writing = tokio::spawn(audit::keep_writing(app.clone()));
        app.audit.record(Event::of(Kind::ServerStarted).reason(env!("CARGO_PKG_VERSION")));
        let persons = i64::try_from(app.directory.people().len()).unwrap_or(i64::MAX);
        app.audit.record(Event::of(Kind::DirectoryRead).count(persons));
        let telling = tokio::spawn(logout::keep_telling_clients(app.clone()));
        let (stopped, stopping) = tokio::sync::watch::channel(false);
        let mut doors = vec![
            tokio::spawn(accept(
                provider,
                (app.clone(), app.provider()),
                tls.main.clone(),
                stopping.clone(),
            )),
            tokio::spawn(accept(
                phone,
                (app.clone(), app.phone()),
                tls.phone.clone(),
                stopping.clone(),
            )),
        ];
        if let Some(listener) = mutual {
            let router = app.mutual();
            doors.push(tokio::spawn(accept(
                listener,
                (app.clone(), router),
                tls.mutual.clone(),
                stopping.clone(),
            )));
        }
        if let Some(operations) = operations {
            doors.push(tokio::spawn(accept(
                operations,
                (app.clone(), app.operations()),
                None,
                stopping,
            )));
        }
        let renewing: Vec<_> =
            tls.all().map(|tls| tokio::spawn(tls.clone().keep_renewed())).collect();
        stop.await;
        let _ = stopped.send(true);
        for task in doors {
            task.await.context("a listener failed")?;
        }
        renewing.iter().for_each(tokio::task::JoinHandle::abort);
        sweeping.abort();
        watching.abort();
        pinging.abort();
        telling.abort();
        writing.abort();
        app.audit.record(Event::of(Kind::ServerStopped));
        app.database.close().await;
        Ok(())
    }
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))
}

/// What each listener ends TLS with; `None` speaks HTTP.
struct Ends {
    main: Option<Tls>,
    phone: Option<Tls>,
    mutual: Option<Tls>,
}

impl Ends {
    fn all(&self) -> impl Iterator<Item = &Tls> {
        [&self.main, &self.phone, &self.mutual].into_iter().flatten()
    }
}

fn tls_of(config: &Config) -> anyhow::Result<Ends> {
    let main = config.tls.as_ref();
    let open = |tls: &tls::Settings, ask| Tls::new(&tls.certificate_file, &tls.key_file, ask);
    let mutual = match (&config.mtls.certificate_file, &config.mtls.key_file, main) {
        _ if !config.mtls.listens() => None,
        (Some(certificate), Some(key), _) => Some(Tls::new(certificate, key, true)?),
        (_, _, Some(tls)) => Some(open(tls, true)?),
        _ => anyhow::bail!("mtls.listen needs a certificate of its own, or [tls]"),
    };
    let phone = main.filter(|tls| tls.phone_app).map(|tls| open(tls, false)).transpose()?;
    let main = main.map(|tls| open(tls, tls.client_certificates)).transpose()?;
    Ok(Ends { main, phone, mutual })
}

async fn accept(
    listener: TcpListener,
    (app, router): (App, Router),
    tls: Option<Tls>,
    mut stopping: tokio::sync::watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let router = router
        .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
        .layer(RequestBodyTimeoutLayer::new(SLOWEST));
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(_) => {
                    // Out of files, most likely: others must end first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            _ = stopping.changed() => break,
        };
        let _ = stream.set_nodelay(true);
        let answering = (app.clone(), router.clone());
        let (watcher, tls) = (graceful.watcher(), tls.clone());
        tokio::spawn(async move {
            let Some(tls) = tls else {
                return answer(stream, address, None, answering, watcher).await;
            };
            // Whoever is slow to shake hands, or shakes them badly, is let go.
            let shaken = tokio::time::timeout(SLOWEST, tls.accept(stream)).await;
            if let Ok(Ok((stream, certificate))) = shaken {
                answer(stream, address, certificate, answering, watcher).await;
            }
        });
    }
    // Waiting pages hold a stream for minutes: they come back by themselves.
    let _ = tokio::time::timeout(Duration::from_secs(5), graceful.shutdown()).await;
}

/// Answers the requests of one connection.
async fn answer<S>(
    stream: S,
    address: SocketAddr,
    certificate: Option<ClientCertificate>,
    (app, router): (App, Router),
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<_>| {
        let mut request = whole::in_time(request.map(Body::new));
        let peer = Peer::of(address, request.headers(), &app.config.proxy);
        request.extensions_mut().insert(peer);
        if let Some(certificate) = &certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        let (refused, router) = (whole::too_long(request.uri()), router.clone());
        let last = whole::is_the_last(&request);
        let answering = async move {
            let mut response = match refused {
                Some(refused) => refused,
                None => router.oneshot(request).await?,
            };
            if last {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, std::convert::Infallible>(response)
        };
        audit::called_from(peer.client, answering)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(SLOWEST)
        .max_buf_size(LONGEST_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .max_header_list_size(LONGEST_HEAD)
        .max_concurrent_streams(100);
    let stream = TokioIo::new(FirstBytes::within(SLOWEST, stream));
    let connection = builder.serve_connection(stream, service).into_owned();
    // A caller who breaks off is not our failure.
    let _ = watcher.watch(connection).await;
}
