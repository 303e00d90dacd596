//! Each scene is played on both database engines.

use std::{future::Future, time::Duration};

use crate::{TestServer, postgres::TestDatabase};

/// Nothing here waits this long unless it is stuck.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where a test server keeps its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A database of its own on the tests' PostgreSQL.
    Postgres,
}

/// Plays a scene on a fresh server.
pub async fn play<Scene>(engine: Engine, scene: impl FnOnce(TestServer) -> Scene)
where
    Scene: Future<Output = ()>,
{
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(TestDatabase::create().await.unwrap()),
    };
    let url = database.as_ref().map(|database| database.url().unwrap());
    let server = TestServer::on(url.as_deref()).await;
    let played = tokio::time::timeout(PATIENCE, scene(server)).await;
    played.expect("the scene is stuck: something that it waits for never came");
    if let Some(database) = database {
        database.remove().await.unwrap();
    }
}

/// Writes each scene as two tests, `name::sqlite` and `name::postgres`.
///
/// ```text
/// on_both_engines! {
///     async fn discovery_answers(server: TestServer) {
///         …
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[doc = $doc:literal])* async fn $name:ident($server:ident: TestServer) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            use super::*;

            async fn scene($server: $crate::TestServer) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::play($crate::Engine::Sqlite, scene).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::play($crate::Engine::Postgres, scene).await;
            }
        }
    )*};
}
