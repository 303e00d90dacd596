//! Kills the program at random moments.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{chance, ledger::Ledger, wire::State};
use crate::Killable;

/// The longest that a life lasts.
const LONGEST_LIFE: u64 = 3000;

/// A copy of the database is taken at one death, and put back at a later one.
const COPIED_AT: u64 = 1;
const PUT_BACK_AT: u64 = 3;

pub(super) struct Killer {
    pub program: Killable,
    pub state: watch::Sender<State>,
    pub ledger: Arc<Ledger>,
}

impl Killer {
    /// Kills and starts until the time is over; the last life is a quiet one.
    pub(super) async fn run(mut self, length: Duration, forgetting: bool) -> Killable {
        let began = Instant::now();
        self.tell(|state| state.up = true);
        let mut life = 1;
        while began.elapsed() < length || life <= PUT_BACK_AT {
            let random = u16::from_ne_bytes(openpsc::secret::random_bytes::<2>());
            let shortest = if forgetting { LONGEST_LIFE / 2 } else { 0 };
            let millis = (u64::from(random) % LONGEST_LIFE).max(shortest);
            tokio::time::sleep(Duration::from_millis(millis)).await;
            self.tell(|state| (state.life, state.up) = (state.life + 1, false));
            self.program.kill();
            let folder = self.program.folder().to_owned();
            match life {
                COPIED_AT if forgetting => copy(&folder, &folder.join("copy")),
                PUT_BACK_AT if forgetting => copy(&folder.join("copy"), &folder),
                _ => {}
            }
            if chance(4) {
                // Death in the middle of the start.
                self.program.start_and_kill(Duration::from_millis(millis % 200)).await;
                self.ledger.still_birth();
            }
            self.ledger.death(self.program.start_again().await);
            self.tell(|state| state.up = true);
            life += 1;
        }
        self.tell(|state| state.ended = true);
        self.program
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }
}

/// The database and its log; nobody has them open.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let file =
        |folder: &Path, ending: &str| -> PathBuf { folder.join(format!("openpsc.db{ending}")) };
    for ending in ["", "-wal", "-shm"] {
        fs::remove_file(file(to, ending)).ok();
    }
    for ending in ["", "-wal"] {
        if file(from, ending).exists() {
            fs::copy(file(from, ending), file(to, ending)).unwrap();
        }
    }
}
