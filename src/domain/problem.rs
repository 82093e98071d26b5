//! What went wrong, in a form that can be shown, logged, scripted and sent along.
//!
//! Every room has its own `thiserror` enum; at the door to people it becomes a
//! [`Problem`]: a code (the key of its sentences in `i18n/`), a kind (what a script
//! sees as exit status), whose fault it is, and the facts that the sentences name.

use std::fmt;

/// What a script may conclude; the exit status of `vanthuctl` follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The answer to the question is no (status 1).
    No,
    /// The call itself makes no sense (status 2).
    Usage,
    /// What came in cannot be read (status 3).
    Unreadable,
    /// A device, a service, the disk or the network is not available (status 4).
    Unavailable,
    /// A rule of the office or of the law forbids it (status 5).
    Refused,
}

impl Kind {
    /// The exit status that scripts rely on.
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::No => 1,
            Self::Usage => 2,
            Self::Unreadable => 3,
            Self::Unavailable => 4,
            Self::Refused => 5,
        }
    }
}

/// Whose fault it is: decides whom the message asks to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The agency that sent what came in.
    Sender,
    /// The token, the reader or its driver.
    Device,
    /// The provincial server or the line to it.
    Server,
    /// This computer: disk, missing library, another program.
    Environment,
    /// What the person at the desk typed or chose.
    Input,
}

/// An error ready for people. Cloneable, so that it can travel in a message.
///
/// `code` is the id of a message in `i18n/*/*.ftl`; that message says what happened,
/// its attribute `.kept` what was kept and its attribute `.next` what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: &'static str,
    pub kind: Kind,
    pub blame: Blame,
    /// Named facts for the sentences, such as `("file", "quyet-dinh.pdf")`.
    pub args: Vec<(&'static str, String)>,
    /// Technical cause, in English, for the log; never contains a secret.
    pub cause: String,
}

impl Problem {
    pub fn new(code: &'static str, kind: Kind, blame: Blame) -> Self {
        Self { code, kind, blame, args: Vec::new(), cause: String::new() }
    }

    /// Adds a fact that the sentences name as `{ $name }`.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Keeps the technical cause for the log.
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = cause.to_string();
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        for (name, value) in &self.args {
            write!(f, " {name}={value:?}")?;
        }
        if !self.cause.is_empty() {
            write!(f, ": {}", self.cause)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
