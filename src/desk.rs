//! The window: three panes, a dialog at a time, and nothing that blocks.
//!
//! - `app` is the root: it knows which screen is shown, owns the subscriptions, and turns
//!   a screen's `Action` into work. Screens never touch their parent.
//! - `screen/*` and `dialog/*` are built alike, six parts in the same order: state,
//!   `Message`, sub-state, `Action`, `update`, `view`.
//! - [`door`] is what the window asks of the office, and [`easel`] what it asks of the PDF
//!   room: traits, so that a test opens the same window on an office in memory.
//! - Every answer carries what it was asked for; an answer that comes too late is dropped.
//!   The handle of a task lives in the state that waits for it, so leaving cancels.
//! - [`keys`] is the one table of shortcuts, `theme` the one place with colours and sizes.
//!
//! Every call to the office blocks and runs on a thread of its own ([`ask`]).

mod app;
pub mod deeds;
pub mod dialog;
pub mod document;
pub mod door;
pub mod drafts;
pub mod easel;
pub mod instance;
pub mod journal;
pub mod keys;
mod notify;
pub mod orders;
pub mod screen;
pub mod settings;
pub mod theme;
mod viewer;
pub mod widget;
pub mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use app::{App, Message, heard, need_display, run};
pub use notify::notify;

use crate::domain::problem::{Blame, Kind, Problem};
use crate::i18n::Lang;
use door::Doorkeeper;
use easel::Easel;

/// What a start of the window knows.
#[derive(Debug, Clone)]
pub struct Start {
    /// The office's folder: its database, its logs, the window's settings.
    pub data_dir: PathBuf,
    /// `None`: the language of the last time.
    pub lang: Option<Lang>,
    /// Filled in at the login.
    pub user: String,
    pub doorkeeper: Arc<dyn Doorkeeper>,
    pub easel: Arc<dyn Easel>,
    /// Marks the window's title and status bar as a rehearsal.
    pub demonstration: bool,
    /// When the program began, for the log line about the first frame.
    pub began: Instant,
    /// Why the program cannot work, found before the window opened: shown instead of the
    /// login, with what still works.
    pub obstacle: Option<Problem>,
}

/// Runs a blocking call on a thread made for that. A call that panics becomes a problem
/// like any other; the window stays.
pub async fn ask<T, F>(call: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Problem> + Send + 'static,
{
    let _asking = Asking::begin();
    match tokio::task::spawn_blocking(call).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%error, "a call to the office broke off");
            Err(Problem::new("desk-broken-call", Kind::Unavailable, Blame::Environment)
                .because(error))
        }
    }
}

/// Tells the log when a call begins and ends (level debug, target [`WORK`]): whoever watches
/// the window from outside knows by it whether more is to come.
struct Asking;

/// The target under which [`ask`] logs.
const WORK: &str = "vanthu::desk::work";

impl Asking {
    fn begin() -> Self {
        tracing::debug!(target: WORK, "a call begins");
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        tracing::debug!(target: WORK, "a call ends");
    }
}

/// Waits; begins to when it is first polled, so that it can be made anywhere.
async fn after(time: Duration) {
    tokio::time::sleep(time).await;
}
