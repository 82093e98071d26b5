//! What the office refuses, and why.

use jiff::civil::Date;

use super::head::named;
use crate::domain::handling::Misgiven;
use crate::domain::problem::{Blame, Kind, Problem};
use crate::pdf::blanks::Part;

/// Why a use case was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    #[error("{user} may not {act}")]
    NotPermitted { user: String, act: String },
    #[error("the document is in state {state}, which does not allow this")]
    WrongState { state: String },
    #[error("no document {0}")]
    NoSuchDocument(String),
    #[error("no signature {0} that covers a revision of the file")]
    NoSuchSignature(String),
    #[error("a reason is required")]
    ReasonMissing,
    /// Somebody else has decided about it, or it was sent.
    #[error("the item is not parked")]
    NotParked,
    #[error("the field {0} is missing or not valid")]
    FieldInvalid(&'static str),
    #[error("{field}: {why}")]
    FieldRefused { field: String, why: String },
    #[error("a correction after registration needs a reason")]
    CorrectionReasonMissing,
    #[error("no program for optical recognition: {0}")]
    NoRecogniser(String),
    #[error("the document carries the secrecy mark {0}")]
    Secret(String),
    #[error("the draft carries the secrecy mark {0}")]
    SecretDraft(String),
    #[error("the file {file} holds malware: {malware}")]
    Malware { file: String, malware: String },
    #[error("the packet of {origin} is in quarantine: {code}")]
    Quarantined { origin: String, code: String },
    #[error("what holds malware is not handed out: {file}: {malware}")]
    MalwareKept { file: String, malware: String },
    #[error("the field {field} is in {charset}, not in Unicode; it means {meant}")]
    LegacyText { field: &'static str, charset: &'static str, meant: String },
    #[error("the layout has {errors} errors; passing the document on needs a reason")]
    LayoutReason { errors: usize },
    #[error("accepting needs a reason because of: {checks}")]
    GateReason { checks: String },
    #[error("it cannot be accepted because of: {checks}")]
    GateClosed { checks: String },
    #[error("there is nothing to take back")]
    UndoNothing,
    #[error("{user} decided this")]
    UndoNotYours { user: String },
    #[error("decided more than {minutes} minutes ago")]
    UndoTooLate { minutes: i64 },
    #[error("the status has left, or may have")]
    UndoStatusLeft,
    #[error("the arrival number was given")]
    UndoNumberTaken,
    #[error("the person assigned has opened it")]
    UndoSeen,
    #[error("cancelled before its turn")]
    ManyCancelled,
    #[error("the sender cannot be told: the document came from nobody on the line")]
    NobodyToTell,
    #[error("no report {0}")]
    NoSuchReport(String),
    #[error("what carries a secrecy mark is not handed out")]
    SecretKept,
    #[error("the packet is not addressed to this office")]
    NotAddressee,
    #[error("the packet speaks for {claimed}, but {sender} sent it")]
    OtherSender { claimed: String, sender: String },
    #[error("the document did not go to {agency}")]
    NotRecipient { agency: String },
    #[error("the program ended each time it looked into {name}")]
    PacketEndsProgram { name: String },
    #[error("no packet {0}")]
    NoSuchPacket(String),
    #[error("the document names the signer {signer}, the certificate {holder}")]
    OtherSigner { signer: String, holder: String },
    #[error("the certificate of {holder} is the organisation's")]
    CertificateOfOrganisation { holder: String },
    #[error("the certificate of {holder} belongs to {owner}, not to the organisation")]
    CertificateOfPerson { holder: String, owner: String },
    #[error("the certificate of {holder} belongs to {owner}")]
    CertificateOfAnother { holder: String, owner: String },
    #[error("the certificate of {holder} is not linked to whom it should sign for")]
    CertificateNotLinked { holder: String },
    #[error("the certificate {0} is linked already")]
    CertificateLinked(String),
    #[error("no linked certificate, or several, with the number {0}")]
    CertificateNotKnown(String),
    #[error("the batch was cancelled")]
    BatchCancelled,
    #[error("the time for which the PIN was given is over")]
    BatchTimeOver,
    #[error("the packet holds no PDF")]
    NoMainFile,
    #[error("the file {name} is of no permitted format")]
    FormatNotPermitted { name: String },
    #[error("the file {name} has {size} bytes, more than {limit}")]
    FileTooLarge { name: String, size: u64, limit: u64 },
    #[error("no agency {0} in the directory")]
    UnknownAgency(String),
    #[error("{name} is no more since {on}; its successors: {successors:?}")]
    AgencyEnded { name: String, on: Date, successors: Vec<String> },
    #[error("the document has no electronic recipient")]
    NoRecipient,
    #[error("the personal signature is not there or not valid: {0}")]
    PersonalSignature(String),
    #[error("the organisation's signature is not there or not valid: {0}")]
    OrganisationSignature(String),
    #[error("no place for the signature is sure: {0}")]
    NoPlace(String),
    #[error("the attachment {name} cannot be signed: {why}")]
    AnnexUnfit { name: String, why: String },
    #[error("the image is no PNG")]
    ImageNotPng,
    #[error("the image has no transparent ground")]
    ImageOpaque,
    #[error("the place is not on page {0}")]
    OutsidePage(u32),
    #[error("there is a signature on page {0} where this one would go")]
    PlaceTaken(u32),
    #[error("the page says {stated:?}, the register {taken:?}")]
    HeadDiffers { stated: String, taken: String },
    #[error("the page has no place for {0:?}")]
    NoNumberPlace(Vec<Part>),
    #[error("the time-stamp service's certificate still ends at {until}")]
    NotRenewed { until: String },
    #[error("no server is set")]
    NoServer,
    #[error("no secret, and nothing else that proves this office at the server")]
    NoServerSecret,
    #[error("no certificate of an authority")]
    NoAuthority,
    #[error("the server signs its receipts with another key than before")]
    NewReceiptKey,
    #[error("the number changed while the token was signing")]
    NumberMoved,
    #[error("no certificate on the token fits: {0}")]
    NoCertificate(String),
    #[error("every register book of {0} is closed")]
    NoOpenBook(i16),
    #[error("{0:?} cannot be the key of a register book")]
    BadSeries(String),
    #[error("{what} is not finished: {cause}")]
    NotWritten { what: String, cause: String },
    #[error("what was begun was cancelled")]
    Cancelled,
    #[error("there are {0} kept searches already")]
    TooManyFilters(usize),
    #[error("there is a search {0} already")]
    FilterExists(String),
    #[error("the document is not registered")]
    NotRegistered,
    #[error("the document is assigned to somebody else")]
    NotAssigned,
    #[error("no user {0}")]
    NoSuchUser(String),
    #[error("there is a user {0} already")]
    UserExists(String),
    #[error("the last administrator stays")]
    LastAdministrator,
    #[error("no unit {0}")]
    NoSuchUnit(String),
    #[error("the document cannot be given to these: {0}")]
    Misgiven(Misgiven),
    #[error("no demand {0}")]
    NoSuchDemand(String),
    #[error("the demand is answered already")]
    DemandAnswered,
    #[error("the sender demands the document back and waits for an answer")]
    DemandOpen,
    #[error("the sender demands the document back, and that is answered before its update")]
    RecallFirst,
    #[error("the sender demands several things of the document")]
    SeveralDemands,
    #[error("the document is cancelled, its bytes are sealed")]
    Sealed,
    #[error("the file cannot be read or written: {0}")]
    File(String),
    #[error("no file of settings: {0}")]
    BadSetting(&'static str),
    #[error("the folder {0} is not there")]
    FolderGone(String),
    #[error("the folder {0} is to be watched and scanned into at once")]
    FolderTwice(String),
    #[error("the folder {0} is where the program keeps its own data")]
    FolderOfProgram(String),
    #[error("no scanned page lies in {0}")]
    NothingScanned(String),
    #[error("the file {0} cannot be moved")]
    FileStays(String),
    #[error("{name} carries signatures: it is a document, not a scan")]
    SignedPdf { name: String },
    #[error("no scanner {0}")]
    NoScanner(String),
    #[error("the scanner {name} broke off: {why}")]
    ScannerFailed { name: String, why: String },
    #[error("there are no pages")]
    SheafEmpty,
    #[error("digitising was cancelled")]
    DigitisingCancelled,
    #[error("these pages are the document {0} already")]
    DigitisedAlready(String),
    #[error("the document did not come on paper")]
    NotPaper,
    #[error("the copy is signed already, or has changed")]
    CopySigned,
    #[error("registered already under {number} on {date}")]
    DuplicateRegistered { number: u32, date: jiff::civil::Date, code: String },
}

impl From<Misgiven> for Problem {
    fn from(error: Misgiven) -> Self {
        OfficeError::Misgiven(error).into()
    }
}

impl From<OfficeError> for Problem {
    fn from(error: OfficeError) -> Self {
        use Blame::{Device, Environment, Input, Sender};
        use Kind::{Refused, Unavailable, Unreadable, Usage};
        use OfficeError as E;
        let problem = match &error {
            E::NotPermitted { act, .. } => {
                Self::new("office-not-permitted", Refused, Input).with("act", act)
            }
            E::WrongState { state } => {
                Self::new("office-wrong-state", Refused, Input).with("state", state)
            }
            E::NoSuchDocument(id) => {
                Self::new("office-no-such-document", Usage, Input).with("id", id)
            }
            E::NoSuchSignature(field) => {
                Self::new("office-no-such-signature", Usage, Input).with("field", field)
            }
            E::ReasonMissing => Self::new("office-reason-missing", Refused, Input),
            E::NotParked => Self::new("office-not-parked", Refused, Input),
            E::FieldInvalid(field) => {
                Self::new("office-field-invalid", Usage, Input).with("field", field)
            }
            E::Secret(mark) => {
                Self::new("office-secret", Refused, Sender).with("mark", mark).with("procedure", "")
            }
            E::Malware { file, malware } => Self::new("office-malware", Refused, Sender)
                .with("file", file)
                .with("malware", malware),
            E::Quarantined { origin, code } => Self::new("office-quarantined", Refused, Sender)
                .with("origin", origin)
                .with("code", code),
            E::MalwareKept { file, malware } => Self::new("office-malware-kept", Refused, Input)
                .with("file", file)
                .with("malware", malware),
            E::GateReason { checks } => {
                Self::new("office-gate-reason", Refused, Input).with("checks", checks)
            }
            E::GateClosed { checks } => {
                Self::new("office-gate-closed", Refused, Sender).with("checks", checks)
            }
            E::UndoNothing => Self::new("office-undo-nothing", Refused, Input),
            E::UndoNotYours { user } => {
                Self::new("office-undo-not-yours", Refused, Input).with("user", user)
            }
            E::UndoTooLate { minutes } => {
                Self::new("office-undo-too-late", Refused, Input).with("minutes", minutes)
            }
            E::UndoStatusLeft => Self::new("office-undo-status-left", Refused, Input),
            E::UndoNumberTaken => Self::new("office-undo-number-taken", Refused, Input),
            E::UndoSeen => Self::new("office-undo-seen", Refused, Input),
            E::ManyCancelled => Self::new("office-many-cancelled", Refused, Input),
            E::NobodyToTell => Self::new("office-nobody-to-tell", Refused, Input),
            E::NoSuchReport(id) => Self::new("office-no-such-report", Usage, Input).with("id", id),
            E::FieldRefused { field, why } => Self::new("office-field-refused", Usage, Input)
                .with("field", field)
                .with("why", why),
            E::LegacyText { field, charset, meant } => {
                let field = crate::i18n::tr(&format!("layout-field-{field}"));
                Self::new("office-legacy-text", Refused, Input)
                    .with("field", field)
                    .with("charset", charset)
                    .with("meant", meant)
            }
            E::LayoutReason { errors } => {
                Self::new("office-layout-reason", Refused, Input).with("errors", errors)
            }
            E::CorrectionReasonMissing => {
                Self::new("office-correction-reason-missing", Refused, Input)
            }
            E::NoRecogniser(_) => Self::new("office-no-recogniser", Unavailable, Environment),
            E::SecretDraft(mark) => {
                Self::new("office-secret-draft", Refused, Input).with("mark", mark)
            }
            E::SecretKept => Self::new("office-secret-kept", Refused, Input),
            E::NotAddressee => Self::new("office-not-addressee", Refused, Sender),
            E::OtherSender { claimed, sender } => Self::new("office-other-sender", Refused, Sender)
                .with("claimed", claimed)
                .with("sender", sender),
            E::NotRecipient { agency } => {
                Self::new("office-not-recipient", Refused, Sender).with("agency", agency)
            }
            E::PacketEndsProgram { name } => {
                Self::new("office-packet-ends-program", Unreadable, Sender).with("name", name)
            }
            E::NoSuchPacket(hash) => {
                Self::new("office-no-such-packet", Usage, Input).with("packet", hash)
            }
            E::OtherSigner { signer, holder } => Self::new("office-other-signer", Refused, Input)
                .with("signer", signer)
                .with("holder", holder),
            E::CertificateOfOrganisation { holder } => {
                Self::new("office-certificate-of-organisation", Refused, Input)
                    .with("holder", holder)
            }
            E::CertificateOfPerson { holder, owner } => {
                Self::new("office-certificate-of-person", Refused, Input)
                    .with("holder", holder)
                    .with("owner", owner)
            }
            E::CertificateOfAnother { holder, owner } => {
                Self::new("office-certificate-of-another", Refused, Input)
                    .with("holder", holder)
                    .with("owner", owner)
            }
            E::CertificateNotLinked { holder } => {
                Self::new("office-certificate-not-linked", Refused, Input).with("holder", holder)
            }
            E::CertificateLinked(serial) => {
                Self::new("office-certificate-linked", Usage, Input).with("serial", serial)
            }
            E::CertificateNotKnown(serial) => {
                Self::new("office-certificate-not-known", Usage, Input).with("serial", serial)
            }
            E::BatchCancelled => Self::new("office-batch-cancelled", Refused, Input),
            E::BatchTimeOver => Self::new("office-batch-time-over", Refused, Input),
            E::NoMainFile => Self::new("office-no-main-file", Unreadable, Sender),
            E::FormatNotPermitted { name } => {
                Self::new("office-format-not-permitted", Refused, Input).with("name", name)
            }
            E::FileTooLarge { name, size, limit } => {
                Self::new("office-file-too-large", Refused, Input)
                    .with("name", name)
                    .with("size", size.div_ceil(1_048_576))
                    .with("limit", limit / 1_048_576)
            }
            E::UnknownAgency(code) => {
                Self::new("office-unknown-agency", Refused, Input).with("code", code)
            }
            E::AgencyEnded { name, on, successors } => {
                Self::new("office-agency-ended", Refused, Input)
                    .with("name", name)
                    .with("date", on.strftime("%d/%m/%Y"))
                    .with("count", successors.len())
                    .with("successors", successors.join("; "))
            }
            E::NoRecipient => Self::new("office-no-recipient", Refused, Input),
            E::PersonalSignature(_) => Self::new("office-personal-signature", Refused, Input),
            E::OrganisationSignature(_) => {
                Self::new("office-organisation-signature", Refused, Input)
            }
            E::NoPlace(why) => Self::new("office-no-place", Refused, Input).with("why", why),
            E::AnnexUnfit { name, .. } => {
                Self::new("office-annex-unfit", Refused, Input).with("name", name)
            }
            E::ImageNotPng => Self::new("office-image-not-png", Unreadable, Input),
            E::ImageOpaque => Self::new("office-image-opaque", Refused, Input),
            E::OutsidePage(page) => {
                Self::new("office-outside-page", Refused, Input).with("page", page)
            }
            E::PlaceTaken(page) => {
                Self::new("office-place-taken", Refused, Input).with("page", page)
            }
            E::HeadDiffers { stated, taken } => Self::new("office-head-differs", Refused, Input)
                .with("stated", stated)
                .with("taken", taken),
            E::NoNumberPlace(parts) => {
                Self::new("office-no-number-place", Refused, Input).with("parts", named(parts))
            }
            E::NotRenewed { until } => {
                Self::new("office-not-renewed", Kind::No, Blame::Server).with("date", until)
            }
            E::NoOpenBook(year) => {
                Self::new("office-no-open-book", Refused, Input).with("year", year)
            }
            E::BadSeries(series) => {
                Self::new("office-bad-series", Usage, Input).with("series", series)
            }
            E::NotWritten { what, .. } => {
                Self::new("office-not-written", Unavailable, Environment).with("file", what)
            }
            E::Cancelled => Self::new("office-cancelled", Kind::No, Input),
            E::TooManyFilters(most) => {
                Self::new("office-too-many-filters", Refused, Input).with("most", most)
            }
            E::FilterExists(name) => {
                Self::new("office-filter-exists", Refused, Input).with("name", name)
            }
            E::NotRegistered => Self::new("office-not-registered", Refused, Input),
            E::NotAssigned => Self::new("office-not-assigned", Refused, Input),
            E::NoServer => Self::new("office-no-server", Unavailable, Environment),
            E::NoServerSecret => Self::new("office-no-server-secret", Usage, Input),
            E::NoAuthority => Self::new("office-no-authority", Refused, Input),
            E::NewReceiptKey => Self::new("office-new-receipt-key", Refused, Environment),
            E::NumberMoved => Self::new("office-number-moved", Refused, Environment),
            E::NoCertificate(_) => Self::new("office-no-certificate", Refused, Device),
            E::NoSuchUser(user) => {
                Self::new("office-no-such-user", Usage, Input).with("user", user)
            }
            E::UserExists(user) => Self::new("office-user-exists", Usage, Input).with("user", user),
            E::LastAdministrator => Self::new("office-last-administrator", Refused, Input),
            E::NoSuchUnit(unit) => {
                Self::new("office-no-such-unit", Usage, Input).with("unit", unit)
            }
            E::Misgiven(why) => {
                let kind = if matches!(why, Misgiven::Nobody) { Usage } else { Refused };
                let problem = Self::new(why.code(), kind, Input);
                match why {
                    Misgiven::Twice(party) | Misgiven::LeadsAlready(party) => {
                        problem.with("party", party)
                    }
                    _ => problem,
                }
            }
            E::NoSuchDemand(id) => Self::new("office-no-such-demand", Usage, Input).with("id", id),
            E::DemandAnswered => Self::new("office-demand-answered", Refused, Input),
            E::RecallFirst => Self::new("office-recall-first", Refused, Input),
            E::SeveralDemands => Self::new("office-several-demands", Usage, Input),
            E::DemandOpen => Self::new("office-demand-open", Refused, Input),
            E::Sealed => Self::new("office-sealed", Refused, Input),
            E::File(_) => Self::new("office-file", Unreadable, Input),
            E::BadSetting(name) => Self::new("office-bad-setting", Usage, Input).with("name", name),
            E::NothingScanned(folder) => {
                Self::new("office-nothing-scanned", Refused, Input).with("folder", folder)
            }
            E::FolderGone(folder) => {
                Self::new("office-folder-gone", Unavailable, Environment).with("folder", folder)
            }
            E::FolderTwice(folder) => {
                Self::new("office-folder-twice", Usage, Input).with("folder", folder)
            }
            E::FolderOfProgram(folder) => {
                Self::new("office-folder-of-program", Usage, Input).with("folder", folder)
            }
            E::FileStays(name) => {
                Self::new("office-file-stays", Unavailable, Environment).with("name", name)
            }
            E::SignedPdf { name } => {
                Self::new("office-signed-pdf", Refused, Input).with("name", name)
            }
            E::NoScanner(id) => Self::new("office-no-scanner", Usage, Input).with("id", id),
            E::ScannerFailed { name, .. } => {
                Self::new("office-scanner-failed", Unavailable, Device).with("name", name)
            }
            E::SheafEmpty => Self::new("office-sheaf-empty", Usage, Input),
            E::DigitisingCancelled => Self::new("office-digitising-cancelled", Refused, Input),
            E::DigitisedAlready(id) => {
                Self::new("office-digitised-already", Refused, Input).with("id", id)
            }
            E::NotPaper => Self::new("office-not-paper", Refused, Input),
            E::CopySigned => Self::new("office-copy-signed", Refused, Input),
            E::DuplicateRegistered { number, date, code } => {
                Self::new("office-duplicate-registered", Refused, Input)
                    .with("number", number)
                    .with("date", date.strftime("%d/%m/%Y"))
                    .with("code", code)
            }
        };
        problem.because(error)
    }
}
