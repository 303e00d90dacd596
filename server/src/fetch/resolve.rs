//! From a name to addresses, all of them allowed.

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use tokio::sync::Semaphore;

use super::{address::Allowed, target::is_localhost};

/// Lookups under way at once: each holds a thread until the system answers,
/// however long after we gave up waiting.
const LOOKUPS: usize = 32;

/// The answer of a lookup.
pub(super) type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who is asked for the addresses of a name.
pub(super) trait Names: Send + Sync {
    /// The addresses of a name.
    fn look_up(&self, name: String) -> Looking;
}

/// The machine's own resolver.
pub(super) struct System(Arc<Semaphore>);

impl Default for System {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS)))
    }
}

impl Names for System {
    fn look_up(&self, name: String) -> Looking {
        let permits = self.0.clone();
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            // A task of its own keeps the permit until the thread is free.
            let looking = tokio::spawn(async move {
                let found = tokio::net::lookup_host((name, 0)).await;
                drop(permit);
                found.map(|addresses| addresses.map(|address| address.ip()).collect())
            });
            looking.await.map_err(io::Error::other)?
        })
    }
}

/// One address of the answer is not allowed, so none is.
#[derive(Debug, Error)]
#[error("the host has an address that is not allowed")]
pub(super) struct ForbiddenAddress;

/// Looks names up for the connector. What it answers is what is connected to.
pub(super) struct Resolver {
    pub(super) names: Arc<dyn Names>,
    pub(super) allowed: Arc<Allowed>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, allowed) = (self.names.clone(), self.allowed.clone());
        Box::pin(async move {
            let addresses = if is_localhost(name.as_str()) {
                vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            } else {
                names.look_up(name.as_str().to_owned()).await?
            };
            if !addresses.iter().all(|address| allowed.contains(*address)) {
                return Err(ForbiddenAddress.into());
            }
            // Port 0 stands for the URL's.
            let sockets = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}
