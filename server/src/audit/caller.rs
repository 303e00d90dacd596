//! Where the call that is being answered came from, so that every event can
//! say it.

use std::{future::Future, net::IpAddr};

tokio::task_local! {
    static ADDRESS: IpAddr;
}

/// Answers a call that came from `address`.
pub async fn called_from<F: Future>(address: IpAddr, answering: F) -> F::Output {
    ADDRESS.scope(address, answering).await
}

/// Where the present call came from; nothing when nobody called.
pub(super) fn address() -> Option<IpAddr> {
    ADDRESS.try_with(|address| *address).ok()
}
