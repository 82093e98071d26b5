//! The one table of shortcuts: what a key does, and what the help says about it.
//!
//! Letters alone work only when no field is being typed into (the field keeps the key);
//! in a dialog only the keys of dialogs work. Backspace is never a shortcut: Vietnamese
//! typing tools send it in bursts and it belongs to the field.

use iced::keyboard::key::{Named, Physical};
use iced::keyboard::{Key, Modifiers};

use super::deeds::Deed;
use super::drafts::DraftWish;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Help,
    Sync,
    Search,
    /// The queue of this place on the left, from 0.
    Queue(usize),
    /// The part of the right pane of this place, from 0.
    Part(usize),
    Open,
    NewDraft,
    /// Signs or seals many.
    Batch,
    /// What there is to sign with.
    Devices,
    /// The register books.
    Books,
    /// What is on its way out.
    Follow,
    /// Keeps the search of the moment, and goes to one that is kept.
    KeepFilter,
    Filters,
    /// Shows the arrival stamp on the preview, or not.
    Stamp,
    /// Writes what is shown to a file to be printed.
    Print,
    /// Certified copies of the document that is shown.
    Copies,
    /// Brings files in; in a dialog of pages, more of them.
    Bring,
    /// Makes a document of scanned pages.
    Digitise,
    // In the dialog of pages.
    MovePageUp,
    MovePageDown,
    TurnRight,
    TurnLeft,
    LeanRight,
    LeanLeft,
    RemovePage,
    TakeBack,
    /// The fields of an inbound document.
    Fields,
    Deed(Deed),
    /// A look at a draft.
    Draft(DraftWish),
    /// Marks the row, or takes the mark away.
    Mark,
    MarkAll,
    /// Takes back what was decided last.
    Undo,
    /// What is to be acknowledged today.
    Unacknowledged,
    ReportError,
    /// What was found in the layout of an outbound document, and from one to the next.
    Findings,
    NextFinding,
    PreviousFinding,
    /// A remark on the document.
    Note,
    /// The settlement slip, to a file.
    Slip,
    /// Opens a cancelled document, where the law lets.
    Unseal,
    /// What this desk does by itself.
    Settings,
    /// What is overdue; pressed there, what is due soon.
    Overdue,
    /// Answers what the sender demands.
    AnswerDemand,
    Close,
    /// Does what the dialog is for.
    Confirm,
    /// Done by the root of the window itself (`widget::tabbing`), before it gets here.
    NextFocus,
    PreviousFocus,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    NextPage,
    PreviousPage,
    ScrollUp,
    ScrollDown,
    ZoomIn,
    ZoomOut,
    FitWidth,
    Language,
    LogOut,
}

impl Command {
    /// Whether it works although a field has taken the key.
    pub const fn while_typing(self) -> bool {
        matches!(
            self,
            Self::Close
                | Self::Confirm
                | Self::Queue(_)
                | Self::Books
                | Self::Follow
                | Self::KeepFilter
                | Self::Filters
                | Self::Print
        )
    }
}

/// Where the help lists a shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Everywhere,
    List,
    Inbound,
    Outbound,
    Preview,
    Dialog,
}

impl Part {
    pub const ALL: [Self; 6] =
        [Self::Everywhere, Self::List, Self::Inbound, Self::Outbound, Self::Preview, Self::Dialog];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Everywhere => "desk-keys-everywhere",
            Self::List => "desk-keys-list",
            Self::Inbound => "desk-keys-inbound",
            Self::Outbound => "desk-keys-outbound",
            Self::Preview => "desk-keys-preview",
            Self::Dialog => "desk-keys-dialog",
        }
    }
}

/// Modifiers that must be held, no more and no fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum With {
    Nothing,
    Ctrl,
    Shift,
    Alt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    Named(Named),
    Letter(char),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Shortcut {
    with: With,
    on: On,
    pub command: Command,
    /// How the help writes the key; empty for a second key of the line before.
    pub written: &'static str,
    /// The key of the sentence that says what it does.
    pub says: &'static str,
    pub part: Part,
}

const fn line(
    part: Part,
    with: With,
    on: On,
    command: Command,
    written: &'static str,
    says: &'static str,
) -> Shortcut {
    Shortcut { with, on, command, written, says, part }
}

use {On::Letter, With::Alt, With::Ctrl, With::Nothing, With::Shift};

/// Every shortcut.
pub const TABLE: &[Shortcut] = &[
    line(Part::Everywhere, Nothing, On::Named(Named::F1), Command::Help, "F1", "desk-key-help"),
    line(Part::Everywhere, Nothing, On::Named(Named::F5), Command::Sync, "F5", "desk-key-sync"),
    line(Part::Everywhere, Ctrl, Letter('f'), Command::Search, "Ctrl+F", "desk-key-search"),
    line(Part::Everywhere, Ctrl, Letter('1'), Command::Queue(0), "Ctrl+1 … 9", "desk-key-queue"),
    line(Part::Everywhere, Ctrl, Letter('2'), Command::Queue(1), "", ""),
    line(Part::Everywhere, Ctrl, Letter('3'), Command::Queue(2), "", ""),
    line(Part::Everywhere, Ctrl, Letter('4'), Command::Queue(3), "", ""),
    line(Part::Everywhere, Ctrl, Letter('5'), Command::Queue(4), "", ""),
    line(Part::Everywhere, Ctrl, Letter('6'), Command::Queue(5), "", ""),
    line(Part::Everywhere, Ctrl, Letter('7'), Command::Queue(6), "", ""),
    line(Part::Everywhere, Ctrl, Letter('8'), Command::Queue(7), "", ""),
    line(Part::Everywhere, Ctrl, Letter('9'), Command::Queue(8), "", ""),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::Tab),
        Command::NextFocus,
        "Tab / Shift+Tab",
        "desk-key-tab",
    ),
    line(Part::Everywhere, Shift, On::Named(Named::Tab), Command::PreviousFocus, "", ""),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::Escape),
        Command::Close,
        "Esc",
        "desk-key-close",
    ),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F2),
        Command::Language,
        "F2",
        "desk-key-language",
    ),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F8),
        Command::Devices,
        "F8",
        "desk-key-devices",
    ),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F4),
        Command::Unacknowledged,
        "F4",
        "desk-key-unacknowledged",
    ),
    line(Part::Everywhere, Ctrl, Letter('z'), Command::Undo, "Ctrl+Z", "desk-key-undo"),
    line(Part::Everywhere, Nothing, On::Named(Named::F3), Command::Books, "F3", "desk-key-books"),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F10),
        Command::Follow,
        "F10",
        "desk-key-follow",
    ),
    line(
        Part::Everywhere,
        Ctrl,
        Letter('s'),
        Command::KeepFilter,
        "Ctrl+S",
        "desk-key-keep-filter",
    ),
    line(Part::Everywhere, Ctrl, Letter('g'), Command::Filters, "Ctrl+G", "desk-key-filters"),
    line(Part::Everywhere, Ctrl, Letter('o'), Command::Bring, "Ctrl+O", "desk-key-bring"),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F9),
        Command::Digitise,
        "F9",
        "desk-key-digitise",
    ),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F6),
        Command::Overdue,
        "F6",
        "desk-key-overdue",
    ),
    line(
        Part::Everywhere,
        Nothing,
        On::Named(Named::F12),
        Command::Settings,
        "F12",
        "desk-key-settings",
    ),
    line(Part::Everywhere, Ctrl, Letter('l'), Command::LogOut, "Ctrl+L", "desk-key-log-out"),
    line(Part::List, Nothing, On::Named(Named::ArrowDown), Command::Down, "↑ ↓", "desk-key-rows"),
    line(Part::List, Nothing, On::Named(Named::ArrowUp), Command::Up, "", ""),
    line(
        Part::List,
        Nothing,
        On::Named(Named::PageDown),
        Command::PageDown,
        "PgUp / PgDn",
        "desk-key-page",
    ),
    line(Part::List, Nothing, On::Named(Named::PageUp), Command::PageUp, "", ""),
    line(Part::List, Nothing, On::Named(Named::Home), Command::Home, "Home / End", "desk-key-ends"),
    line(Part::List, Nothing, On::Named(Named::End), Command::End, "", ""),
    line(Part::List, Nothing, On::Named(Named::Enter), Command::Open, "Enter", "desk-key-open"),
    line(Part::List, Nothing, On::Named(Named::Space), Command::Mark, "Space", "desk-key-mark"),
    line(Part::List, Ctrl, Letter('a'), Command::MarkAll, "Ctrl+A", "desk-key-mark-all"),
    line(
        Part::Inbound,
        Nothing,
        On::Named(Named::F7),
        Command::ReportError,
        "F7",
        "desk-report-error",
    ),
    line(Part::Inbound, Nothing, Letter('a'), Command::Deed(Deed::Accept), "A", "desk-deed-accept"),
    line(
        Part::Inbound,
        Nothing,
        Letter('r'),
        Command::Deed(Deed::Register),
        "R",
        "desk-deed-register",
    ),
    line(Part::Inbound, Nothing, Letter('t'), Command::Deed(Deed::Return), "T", "desk-deed-return"),
    line(Part::Inbound, Nothing, Letter('g'), Command::Deed(Deed::Assign), "G", "desk-deed-assign"),
    line(Part::Inbound, Nothing, Letter('x'), Command::Deed(Deed::Begin), "X", "desk-deed-begin"),
    line(
        Part::Inbound,
        Nothing,
        Letter('h'),
        Command::Deed(Deed::Complete),
        "H",
        "desk-deed-complete",
    ),
    line(
        Part::Inbound,
        Nothing,
        Letter('f'),
        Command::Deed(Deed::Forward),
        "F",
        "desk-deed-forward",
    ),
    line(Part::Inbound, Nothing, Letter('d'), Command::Deed(Deed::Answer), "D", "desk-deed-answer"),
    line(Part::Inbound, Nothing, Letter('n'), Command::Note, "N", "desk-key-note"),
    line(Part::Inbound, Nothing, Letter('p'), Command::Slip, "P", "desk-key-slip"),
    line(Part::Inbound, Nothing, Letter('u'), Command::Unseal, "U", "desk-key-unseal"),
    line(Part::Inbound, Nothing, Letter('c'), Command::AnswerDemand, "C", "desk-demand-answer"),
    line(Part::Inbound, Nothing, Letter('e'), Command::Fields, "E", "desk-key-fields"),
    line(Part::Outbound, Ctrl, Letter('n'), Command::NewDraft, "Ctrl+N", "desk-key-draft"),
    line(Part::Outbound, Ctrl, Letter('b'), Command::Batch, "Ctrl+B", "desk-key-batch"),
    line(
        Part::Outbound,
        Nothing,
        Letter('y'),
        Command::Deed(Deed::ToReview),
        "Y",
        "desk-deed-to-review",
    ),
    line(
        Part::Outbound,
        Nothing,
        Letter('m'),
        Command::Deed(Deed::ToFormatCheck),
        "M",
        "desk-deed-to-format-check",
    ),
    line(
        Part::Outbound,
        Nothing,
        Letter('k'),
        Command::Deed(Deed::ToSign),
        "K",
        "desk-deed-to-sign",
    ),
    line(
        Part::Outbound,
        Nothing,
        Letter('b'),
        Command::Deed(Deed::SendBack),
        "B",
        "desk-deed-send-back",
    ),
    line(
        Part::Outbound,
        Nothing,
        Letter('o'),
        Command::Draft(DraftWish::Opinion),
        "O",
        "desk-opinion-title",
    ),
    line(
        Part::Outbound,
        Nothing,
        Letter('v'),
        Command::Draft(DraftWish::Versions),
        "V",
        "desk-versions-title",
    ),
    line(Part::Outbound, Ctrl, Letter('k'), Command::Deed(Deed::Sign), "Ctrl+K", "desk-deed-sign"),
    line(Part::Outbound, Ctrl, Letter('d'), Command::Deed(Deed::Seal), "Ctrl+D", "desk-deed-seal"),
    line(
        Part::Outbound,
        Ctrl,
        Letter('i'),
        Command::Deed(Deed::Issue),
        "Ctrl+I",
        "desk-deed-issue",
    ),
    line(
        Part::Outbound,
        Ctrl,
        Letter('r'),
        Command::Deed(Deed::Recall),
        "Ctrl+R",
        "desk-deed-recall",
    ),
    line(Part::Outbound, Nothing, Letter('l'), Command::Findings, "L", "desk-key-findings"),
    line(
        Part::Outbound,
        Nothing,
        Letter('j'),
        Command::NextFinding,
        "J / Shift+J",
        "desk-key-next-finding",
    ),
    line(Part::Outbound, Shift, Letter('j'), Command::PreviousFinding, "", ""),
    line(Part::Preview, Alt, Letter('1'), Command::Part(0), "Alt+1 … 6", "desk-key-parts"),
    line(Part::Preview, Alt, Letter('6'), Command::Part(5), "", ""),
    line(Part::Preview, Alt, Letter('2'), Command::Part(1), "", ""),
    line(Part::Preview, Alt, Letter('3'), Command::Part(2), "", ""),
    line(Part::Preview, Alt, Letter('4'), Command::Part(3), "", ""),
    line(Part::Preview, Alt, Letter('5'), Command::Part(4), "", ""),
    line(
        Part::Preview,
        Ctrl,
        On::Named(Named::PageDown),
        Command::NextPage,
        "Ctrl+PgUp / PgDn",
        "desk-key-turn",
    ),
    line(Part::Preview, Ctrl, On::Named(Named::PageUp), Command::PreviousPage, "", ""),
    line(
        Part::Preview,
        Ctrl,
        On::Named(Named::ArrowDown),
        Command::ScrollDown,
        "Ctrl+↑ ↓",
        "desk-key-scroll",
    ),
    line(Part::Preview, Ctrl, On::Named(Named::ArrowUp), Command::ScrollUp, "", ""),
    line(Part::Preview, Ctrl, Letter('='), Command::ZoomIn, "Ctrl+= / Ctrl+−", "desk-key-zoom"),
    line(Part::Preview, Ctrl, Letter('+'), Command::ZoomIn, "", ""),
    line(Part::Preview, Ctrl, Letter('-'), Command::ZoomOut, "", ""),
    line(Part::Preview, Ctrl, Letter('0'), Command::FitWidth, "Ctrl+0", "desk-key-fit"),
    line(Part::Preview, Nothing, Letter('s'), Command::Stamp, "S", "desk-key-stamp"),
    line(
        Part::Preview,
        Nothing,
        On::Named(Named::F11),
        Command::Copies,
        "F11",
        "desk-copies-title",
    ),
    line(Part::Dialog, Ctrl, Letter('p'), Command::Print, "Ctrl+P", "desk-key-print"),
    line(
        Part::Dialog,
        Ctrl,
        On::Named(Named::Enter),
        Command::Confirm,
        "Ctrl+Enter",
        "desk-key-confirm",
    ),
    line(
        Part::Dialog,
        Alt,
        On::Named(Named::ArrowUp),
        Command::MovePageUp,
        "Alt+↑ ↓",
        "desk-key-page-move",
    ),
    line(Part::Dialog, Alt, On::Named(Named::ArrowDown), Command::MovePageDown, "", ""),
    line(
        Part::Dialog,
        Alt,
        On::Named(Named::ArrowRight),
        Command::TurnRight,
        "Alt+← →",
        "desk-key-page-turn",
    ),
    line(Part::Dialog, Alt, On::Named(Named::ArrowLeft), Command::TurnLeft, "", ""),
    line(
        Part::Dialog,
        Shift,
        On::Named(Named::ArrowRight),
        Command::LeanRight,
        "Shift+← →",
        "desk-key-page-lean",
    ),
    line(Part::Dialog, Shift, On::Named(Named::ArrowLeft), Command::LeanLeft, "", ""),
    line(
        Part::Dialog,
        Nothing,
        On::Named(Named::Delete),
        Command::RemovePage,
        "Delete",
        "desk-key-page-remove",
    ),
    line(
        Part::Dialog,
        Shift,
        On::Named(Named::Delete),
        Command::TakeBack,
        "Shift+Delete",
        "desk-key-page-undo",
    ),
];

/// The command of a key press, if it is one.
pub fn command(key: &Key, physical: Physical, modifiers: Modifiers) -> Option<Command> {
    let with = match (modifiers.control(), modifiers.shift(), modifiers.alt(), modifiers.logo()) {
        (false, false, false, false) => With::Nothing,
        (true, false, false, false) => With::Ctrl,
        (false, true, false, false) => With::Shift,
        (false, false, true, false) => With::Alt,
        // `Ctrl++` needs Shift on many keyboards.
        (true, true, false, false) if matches!(key, Key::Character(c) if c == "+") => With::Ctrl,
        _ => return None,
    };
    let on = match key {
        Key::Named(named) => On::Named(*named),
        _ => Letter(key.to_latin(physical)?.to_ascii_lowercase()),
    };
    TABLE.iter().find(|line| line.with == with && line.on == on).map(|line| line.command)
}

/// How the help and the tooltips write the key of a command.
pub fn written(command: Command) -> Option<&'static str> {
    TABLE
        .iter()
        .find(|line| line.command == command && !line.written.is_empty())
        .map(|line| line.written)
}

#[cfg(test)]
mod tests {
    use iced::keyboard::key::Code;

    use super::*;

    fn press(key: Key, modifiers: Modifiers) -> Option<Command> {
        command(&key, Physical::Code(Code::F24), modifiers)
    }

    #[test]
    fn no_key_is_given_twice() {
        for (i, a) in TABLE.iter().enumerate() {
            for b in &TABLE[i + 1..] {
                assert!(!(a.with == b.with && a.on == b.on), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn backspace_belongs_to_the_fields() {
        let held = [Modifiers::empty(), Modifiers::CTRL, Modifiers::SHIFT, Modifiers::ALT];
        for modifiers in held {
            assert_eq!(press(Key::Named(Named::Backspace), modifiers), None);
        }
    }

    #[test]
    fn modifiers_must_match_exactly() {
        let a = || Key::Character("a".into());
        assert_eq!(press(a(), Modifiers::empty()), Some(Command::Deed(Deed::Accept)));
        assert_eq!(press(a(), Modifiers::CTRL), Some(Command::MarkAll));
        assert_eq!(press(a(), Modifiers::ALT), None);
        let k = || Key::Character("k".into());
        assert_eq!(press(k(), Modifiers::empty()), Some(Command::Deed(Deed::ToSign)));
        assert_eq!(press(k(), Modifiers::CTRL), Some(Command::Deed(Deed::Sign)));
    }

    #[test]
    fn letters_are_found_whatever_the_layout() {
        let cyrillic = Key::Character("ф".into());
        assert_eq!(
            command(&cyrillic, Physical::Code(Code::KeyA), Modifiers::empty()),
            Some(Command::Deed(Deed::Accept))
        );
    }

    #[test]
    fn every_deed_of_the_path_has_a_key() {
        for deed in Deed::ALL.into_iter().filter(|deed| *deed != Deed::Abandon) {
            assert!(written(Command::Deed(deed)).is_some(), "{deed:?}");
        }
    }
}
