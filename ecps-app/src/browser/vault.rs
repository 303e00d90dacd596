//! IndexedDB: the record, and two keys that no script can read out.

use idb::{Database, DatabaseEvent, Error, Factory, ObjectStoreParams, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::CryptoKey;

use super::keys::Keys;
use crate::{failure::Failure, record::Record};

const NAME: &str = "ecps";
const STORE: &str = "kept";
const RECORD: &str = "record";
const POSSESSION: &str = "possession-key";
const SECRET: &str = "device-secret";

/// What is kept of this phone's e-CPS.
pub(super) async fn record() -> Result<Option<Record>, Failure> {
    let kept = get(RECORD).await.map_err(broken)?;
    Ok(kept.and_then(|value| serde_wasm_bindgen::from_value(value).ok()))
}

/// The keys of this phone.
pub(super) async fn keys() -> Result<Keys, Failure> {
    let key = async |name| {
        let kept = get(name).await.map_err(broken)?;
        kept.and_then(|value| value.dyn_into::<CryptoKey>().ok())
            .ok_or_else(|| Failure::Browser(format!("{name} is gone")))
    };
    Ok(Keys { possession: key(POSSESSION).await?, secret: key(SECRET).await? })
}

/// Keeps what has become of the record.
pub(super) async fn keep(record: &Record) -> Result<(), Failure> {
    put(&[(RECORD, written(record)?)]).await.map_err(broken)
}

/// Keeps a new phone, keys and record in one transaction.
pub(super) async fn keep_new(record: &Record, keys: &Keys) -> Result<(), Failure> {
    let values = [
        (RECORD, written(record)?),
        (POSSESSION, keys.possession.clone().into()),
        (SECRET, keys.secret.clone().into()),
    ];
    put(&values).await.map_err(broken)
}

fn written(record: &Record) -> Result<JsValue, Failure> {
    serde_wasm_bindgen::to_value(record).map_err(|error| Failure::Browser(error.to_string()))
}

async fn get(name: &str) -> Result<Option<JsValue>, Error> {
    let database = open().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly)?;
    let value = transaction.object_store(STORE)?.get(JsValue::from(name))?.await?;
    transaction.await?;
    database.close();
    Ok(value)
}

async fn put(values: &[(&str, JsValue)]) -> Result<(), Error> {
    let database = open().await?;
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    let store = transaction.object_store(STORE)?;
    for (name, value) in values {
        store.put(value, Some(&JsValue::from(*name)))?.await?;
    }
    transaction.commit()?.await?;
    database.close();
    Ok(())
}

async fn open() -> Result<Database, Error> {
    let mut opening = Factory::new()?.open(NAME, Some(1))?;
    opening.on_upgrade_needed(|event| {
        // A failure here fails the opening itself.
        if let Ok(database) = event.database() {
            database.create_object_store(STORE, ObjectStoreParams::new()).ok();
        }
    });
    opening.await
}

fn broken(error: Error) -> Failure {
    Failure::Browser(error.to_string())
}
