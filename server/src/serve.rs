//! Listens: our own accept loop, because slow and silent callers need an end.

mod first_bytes;

use std::{future::Future, net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Request},
    http::request::Parts,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

use self::first_bytes::FirstBytes;
use crate::{app::App, ciba, logout, sweep};

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
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let unknown = Self { address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        Ok(parts.extensions.get().copied().unwrap_or(unknown))
    }
}

/// A server whose ports are open.
pub struct Listening {
    app: App,
    provider: TcpListener,
    phone: TcpListener,
}

impl Listening {
    /// Opens both ports.
    pub async fn bind(app: App) -> anyhow::Result<Self> {
        let provider = listen(&app.config.listen).await?;
        let phone = listen(&app.config.ecps.listen).await?;
        Ok(Self::on(app, provider, phone))
    }

    /// Takes ports that are open already, as tests do.
    pub fn on(app: App, provider: TcpListener, phone: TcpListener) -> Self {
        Self { app, provider, phone }
    }

    /// Answers until `stop`, then lets what is under way end.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { app, provider, phone } = self;
        // Keys may have to be made: nobody should wait for that at the first login.
        let keys = app.clone();
        tokio::spawn(async move {
            if let Err(cause) = keys.keys.get(&keys).await {
                tracing::error!(cause = format!("{cause:#}"), "the keys cannot be read");
            }
        });
        let sweeping = tokio::spawn(sweep::run(app.clone()));
        let pinging = tokio::spawn(ciba::run_pings(app.clone()));
        let telling = tokio::spawn(logout::keep_telling_clients(app.clone()));
        let (stopped, stopping) = tokio::sync::watch::channel(false);
        let provider = tokio::spawn(accept(provider, app.provider(), stopping.clone()));
        let phone = tokio::spawn(accept(phone, app.phone(), stopping));
        stop.await;
        let _ = stopped.send(true);
        for task in [provider, phone] {
            task.await.context("a listener failed")?;
        }
        sweeping.abort();
        pinging.abort();
        telling.abort();
        app.database.close().await;
        Ok(())
    }
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))
}

async fn accept(
    listener: TcpListener,
    router: Router,
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
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request: Request<_>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(Peer { address });
                router.clone().oneshot(request)
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
        });
    }
    // Waiting pages hold a stream for minutes: they come back by themselves.
    let _ = tokio::time::timeout(Duration::from_secs(5), graceful.shutdown()).await;
}
