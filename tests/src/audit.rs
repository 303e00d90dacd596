//! What the audit trail of a test server says.

use std::path::PathBuf;

use openpsc::{
    audit::{Command, Kind},
    database::sql,
};
use serde_json::Value;

use crate::TestServer;

impl TestServer {
    /// Every event, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        self.events_of(None).await
    }

    /// The same, of one person.
    pub async fn events_of(&self, person: Option<&str>) -> Vec<Value> {
        self.app.database.write_trail().await.unwrap();
        let list = Command::List {
            config: PathBuf::new(),
            since: None,
            until: None,
            event: Vec::new(),
            person: person.map(str::to_owned),
            client: None,
            json: true,
        };
        let mut out = Vec::new();
        list.act(&self.app, &mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The events of one kind.
    pub async fn audited(&self, kind: Kind) -> Vec<Value> {
        let mut events = self.events().await;
        events.retain(|event| event["event"] == kind.as_str());
        events
    }

    /// What `openpsc audit verify` says, good or bad.
    pub async fn verify_audit(&self) -> Result<String, String> {
        self.verify_audit_with(None).await
    }

    /// The same with notes that were kept elsewhere.
    pub async fn verify_audit_with(&self, notes: Option<&str>) -> Result<String, String> {
        self.app.database.write_trail().await.unwrap();
        let heads = notes.map(|notes| {
            let path = self.folder().join("heads.jsonl");
            std::fs::write(&path, notes).unwrap();
            path
        });
        let verify = Command::Verify { config: PathBuf::new(), heads };
        let mut out = Vec::new();
        let verified = verify.act(&self.app, &mut out).await;
        let text = String::from_utf8(out).unwrap();
        verified.map(|()| text.clone()).map_err(|error| format!("{text}{error:#}"))
    }

    /// What `openpsc audit heads` prints.
    pub async fn audit_heads(&self) -> String {
        self.app.database.write_trail().await.unwrap();
        let mut out = Vec::new();
        let heads = Command::Heads { config: PathBuf::new() };
        heads.act(&self.app, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The chains, oldest first, and how many records each has.
    pub async fn audit_chains(&self) -> Vec<(String, i64)> {
        self.app.database.write_trail().await.unwrap();
        let rows = sql(
            "select chain, count(*) as records from audit_records group by chain order by chain",
        );
        let rows = rows.fetch_all(&self.app.database).await.unwrap();
        rows.iter()
            .map(|row| (row.text("chain").unwrap(), row.integer("records").unwrap()))
            .collect()
    }
}
