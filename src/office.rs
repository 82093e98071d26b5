//! The use cases, one file each, named after the regulation's verbs; the only door that the
//! window and the console use.
//!
//! Every method blocks (database, token, network) and is called off the window's thread.
//! Every method checks the session's roles first; what it refuses it says as a [`Problem`].

mod accept;
mod agenda;
mod asked_back;
mod assign;
pub mod batch;
pub mod book;
pub mod certify;
pub mod check_layout;
pub mod convert;
pub mod corner;
pub mod correct;
mod demand;
mod digitise;
mod directory;
pub mod doctor;
mod draft;
pub mod duplicate;
mod error;
pub mod evidence;
pub mod exchange;
mod extend;
pub mod extract;
pub mod folder;
pub mod follow;
mod form;
pub mod gate;
pub mod hand;
mod handling;
pub mod head;
pub mod history;
mod issue;
pub mod labels;
pub mod layout;
pub mod leaving;
pub mod line;
pub mod listing;
mod login;
pub mod many;
mod modules;
mod opened;
pub mod parked;
mod people;
pub mod place;
mod quarantine;
mod queues;
mod receive;
mod refuse;
mod register;
mod report_error;
mod reserve;
mod return_;
mod review;
pub mod scan;
pub mod scanner;
mod seal;
pub mod search;
pub mod set_up;
pub mod settings;
pub mod sheaf;
mod sign;
mod slip;
pub mod stamp;
mod status;
mod superseded;
mod tokens;
mod trust;
mod undo;
pub mod verdict;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::domain::agency::Agency;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::inbound::InboundState;
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::domain::role::{Act, Role, acting_role};
use crate::pdf::render::Renderer;
use crate::pdf::{PdfError, Rect};
use crate::pki::fetch::{CachedFetch, HttpFetch};
use crate::rules::Profile;
use crate::store::{Actor, Store};
use crate::token::{LastTry, Pin, Selector};

pub use crate::store::KeptForm;
pub use accept::Unacknowledged;
pub use demand::DemandView;
pub use directory::AgencyHistory;
pub use draft::{Attached, DraftBase, DraftEdit, DraftError, MadeOf, MainFile};
pub use error::OfficeError;
pub use extend::{AwaitingExtension, ExtensionReport, SignedFile, Standing};
pub use handling::{Assigning, Handling, Link};
pub use login::Founding;
pub use place::PlaceProposal;
pub use quarantine::Quarantined;
pub use receive::{Imported, Received};
pub use review::{CommentLook, NewComment, OpinionDesk, PagePair, Passing, VersionDifference, Way};

/// One person's open door to the office. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Office(Arc<Inner>);

struct Inner {
    store: Store,
    session: Session,
    profile: Profile,
    data_dir: PathBuf,
    // Both start when first needed: neither is wanted for looking at a queue.
    renderer: OnceLock<Result<Renderer, PdfError>>,
    fetch: CachedFetch<HttpFetch>,
    // When the services of certificates were last found out of reach.
    line: hand::Line,
    // Packets are taken one after the other.
    taking: Mutex<()>,
    // One exchange at a time, and the address of the server that it is with.
    exchanging: Mutex<()>,
    exchanged_with: Mutex<Option<String>>,
    // Counts how often the line was set otherwise.
    lines: AtomicU64,
    // What earlier looks at the folders saw.
    looks: Mutex<folder::Looks>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Office").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Office {
    pub fn session(&self) -> &Session {
        &self.0.session
    }

    /// Whether the person at the desk may do `act`; the window offers nothing else.
    pub fn may(&self, act: Act) -> bool {
        acting_role(&self.0.session.roles, act).is_some()
    }

    /// The regulation profile in force.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
    }

    pub fn data_dir(&self) -> &Path {
        &self.0.data_dir
    }

    /// The renderer of PDF pages, started when first asked for.
    pub fn renderer(&self) -> Result<&Renderer, Problem> {
        self.0.renderer.get_or_init(Renderer::start).as_ref().map_err(|error| error.clone().into())
    }

    /// The user's own folder for an office's data, where no other is named.
    pub fn usual_folder() -> Option<PathBuf> {
        directories::ProjectDirs::from("vn", "", "vanthu")
            .map(|folders| folders.data_local_dir().to_owned())
    }

    /// Held while a document is made of what came, so that two copies of it do not pass each
    /// other.
    fn taking(&self) -> MutexGuard<'_, ()> {
        self.0.taking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn looks(&self) -> MutexGuard<'_, folder::Looks> {
        self.0.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    /// Under which role the person acts; refused if none permits it.
    fn actor(&self, act: Act) -> Result<Actor, Problem> {
        let session = &self.0.session;
        match acting_role(&session.roles, act) {
            Some(role) => Ok(Actor { user: session.user.clone(), role: Some(role) }),
            None => {
                Err(OfficeError::NotPermitted { user: session.user.clone(), act: labels::act(act) }
                    .into())
            }
        }
    }

    /// What the program does by itself, while this person is at the desk.
    fn program(&self) -> Actor {
        Actor { user: self.0.session.user.clone(), role: None }
    }

    fn missing(key: DocumentKey) -> Problem {
        OfficeError::NoSuchDocument(key.to_string()).into()
    }
}

/// Who is at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub agency: Agency,
}

/// How many documents stand where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub inbound: Vec<(InboundState, u64)>,
    pub outbound: Vec<(OutboundState, u64)>,
    pub outbox_waiting: u64,
    pub outbox_wedged: u64,
    /// Packets that the server has for this office and that cannot be fetched.
    pub unfetched: u64,
    pub quarantined: u64,
    /// What must be looked at, whatever its state.
    pub agenda: Vec<(Agenda, u64)>,
    /// Drafts that lie with the person at the desk.
    pub drafts_for_me: u64,
}

/// Which documents of a queue are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Index into the state machine: only documents that stand here.
    pub inbound: Option<InboundState>,
    pub outbound: Option<OutboundState>,
    /// Words to search for, diacritics or not; empty for all.
    pub words: String,
    /// Inbound documents of one of these lists, what is due first before the others.
    pub agenda: Option<Agenda>,
    /// Only drafts that lie with the person at the desk, whatever their state.
    pub for_me: bool,
}

/// Lists of inbound documents that go by their terms rather than their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Agenda {
    /// Past their term: of the whole office for clerk and leader, one's own for the others.
    Overdue,
    /// Due within the days that the profile calls soon; whose, as above.
    DueSoon,
    /// What the person, or a unit of theirs, has in hand.
    Mine,
    /// What its sender demands back, updates or replaces, and waits for an answer.
    Demanded,
}

impl Agenda {
    pub const ALL: [Self; 4] = [Self::Overdue, Self::DueSoon, Self::Mine, Self::Demanded];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::DueSoon => "due-soon",
            Self::Mine => "mine",
            Self::Demanded => "demanded",
        }
    }

    /// Whether it is shown to people who settle documents but do not keep the office.
    pub const fn is_everybodys(self) -> bool {
        !matches!(self, Self::Demanded)
    }
}

/// What a clerk gives to begin an outbound document.
#[derive(Debug, Clone)]
pub struct NewDraft {
    pub file_name: String,
    pub pdf: Vec<u8>,
    pub source: Option<MadeOf>,
    /// Attachments: name and bytes.
    pub attachments: Vec<(String, Vec<u8>)>,
    pub metadata: Metadata,
}

/// Where a visible signature goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement {
    /// Found from the page's text, by the rule profile.
    Automatic,
    At {
        page: u32,
        rect: Rect,
    },
    Invisible,
}

/// How to sign: token, certificate, PIN and place.
#[derive(Debug, Clone)]
pub struct SignOrder {
    pub token: Selector,
    /// Serial number of the certificate in hex; `None` lets the office choose.
    pub certificate: Option<String>,
    /// Empty where it is typed on the reader's own keys.
    pub pin: Pin,
    /// Somebody was told that one try of the PIN is left, and confirmed that it may be used;
    /// else it never is.
    pub last_try_confirmed: bool,
    pub placement: Placement,
}

impl SignOrder {
    fn last_try(&self) -> LastTry {
        if self.last_try_confirmed { LastTry::Confirmed } else { LastTry::Keep }
    }
}

/// One line of a document's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    pub at: Timestamp,
    pub user: String,
    pub role: Option<Role>,
    /// A sentence in the language in force.
    pub text: String,
}

/// What one synchronisation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncReport {
    pub sent: u32,
    pub received: u32,
    pub waiting: u32,
    pub wedged: u32,
    pub quarantined: u32,
    /// Documents whose signatures were made to last, and those that still wait for it.
    pub extended: u32,
    pub awaiting_extension: u32,
    /// It does nothing by itself now; only what was here already was taken in.
    pub paused: bool,
    /// Packets that were left where they are because the line costs.
    pub held: u32,
    /// The server's clock minus this computer's.
    pub skew: Option<SignedDuration>,
    /// Why it stopped early, if it did.
    pub problem: Option<Problem>,
}

/// A user, for lists and for choosing whom to assign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    pub user: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub disabled: bool,
}

/// One token of the signing dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenChoice {
    pub selector: Selector,
    /// Reader, label or file, for people.
    pub label: String,
    pub presence: crate::token::Presence,
    /// The PIN is typed on the reader's keys or in the maker's window, never in ours.
    pub pin_pad: bool,
    /// Owner and issuer of each signing certificate, with its serial number.
    pub certificates: Vec<(String, String)>,
    /// A PKCS#12 file: for demonstrations and tests only, visibly marked.
    pub demonstration: bool,
}
