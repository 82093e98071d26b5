//! The server: where it is, how it is spoken to, what proves this office there, and whose
//! certificates are believed. For who manages the office's settings.
//!
//! What is secret comes in here and is never shown again: of what is kept only that it is there.

mod trial;
mod view;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use iced::Task;

use super::choose;
use crate::desk::door::Door;
use crate::domain::problem::Problem;
use crate::exchange::axis::Quirks;
use crate::exchange::{ServerProfile, Trust};
use crate::i18n::tell;
use crate::office::line::{LineLook, authorities, pem_of};
use crate::office::set_up::{Proof, ServerLook, ServerOrder, Tried};
use crate::office::settings::web_url;
use crate::t;
use crate::token::Pin;
use trial::Trial;

/// The fields' names for the keyboard.
pub const ADDRESS: &str = "settings-server";
const SECRET: &str = "settings-secret";
const BROWSE_AUTHORITY: &str = "settings-authority";

#[derive(Debug)]
pub struct Server {
    kept: ServerLook,
    url: String,
    speaks: Speaks,
    quirks: Quirks,
    /// Empty: what is kept stays.
    secret: Pin,
    /// The certificate alone proves this office.
    without_secret: bool,
    believes: Believes,
    /// Whom to believe where only those of a file are believed.
    authority: Option<Authority>,
    certificate: Certificate,
    /// What is wrong with a file that was chosen.
    problem: Option<Problem>,
    /// Somebody wanted to save or to try: what is missing is said from then on.
    complains: bool,
    trial: Trial,
}

/// Which kind of server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    Vanthu,
    Axis,
}

impl Speaks {
    const ALL: [Self; 2] = [Self::Vanthu, Self::Axis];
}

impl fmt::Display for Speaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Vanthu => t!("desk-settings-speaks-vanthu"),
            Self::Axis => t!("desk-settings-speaks-axis"),
        })
    }
}

/// Whose certificates are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Believes {
    System,
    SystemRoots,
    File,
}

impl Believes {
    const ALL: [Self; 3] = [Self::System, Self::SystemRoots, Self::File];
}

impl fmt::Display for Believes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::System => t!("desk-settings-trust-system"),
            Self::SystemRoots => t!("desk-settings-trust-roots"),
            Self::File => t!("desk-settings-trust-file"),
        })
    }
}

/// The authorities of a file.
#[derive(Debug, Clone)]
pub struct Authority {
    pem: Vec<u8>,
    looks: Vec<LineLook>,
}

/// What the office is to show on the line.
#[derive(Debug, Clone)]
pub enum Certificate {
    Kept,
    New(Pin, LineLook),
    Dropped,
}

#[derive(Debug, Clone)]
pub enum Message {
    Url(String),
    Speaks(Speaks),
    PaddedHash(bool),
    Multipart(bool),
    Secret(Pin),
    WithoutSecret(bool),
    Believes(Believes),
    BrowseAuthority,
    AuthorityBrowsed(Option<PathBuf>),
    Authority(Result<Authority, Problem>),
    BrowseCertificate,
    CertificateBrowsed(Vec<PathBuf>),
    Certificate(Result<(Pin, LineLook), Problem>),
    DropCertificate,
    KeepCertificate,
    Try,
    Tried(u64, Result<Tried, Problem>),
    Stop,
    Submit,
}

impl Server {
    pub fn new(kept: ServerLook) -> Self {
        let (speaks, quirks) = match kept.profile {
            ServerProfile::Vanthu => (Speaks::Vanthu, Quirks::default()),
            ServerProfile::Axis(quirks) => (Speaks::Axis, quirks),
        };
        let (believes, authority) = match &kept.trust {
            Trust::System => (Believes::System, None),
            Trust::SystemRoots => (Believes::SystemRoots, None),
            Trust::Pinned(pem) => {
                let looks = kept.authorities.clone();
                (Believes::File, Some(Authority { pem: pem.clone(), looks }))
            }
        };
        Self {
            url: kept.url.clone(),
            speaks,
            quirks,
            secret: Pin::new(""),
            without_secret: !kept.url.is_empty() && !kept.has_secret,
            believes,
            authority,
            certificate: Certificate::Kept,
            problem: None,
            complains: false,
            trial: Trial::default(),
            kept,
        }
    }

    fn profile(&self) -> ServerProfile {
        match self.speaks {
            Speaks::Vanthu => ServerProfile::Vanthu,
            Speaks::Axis => ServerProfile::Axis(self.quirks),
        }
    }

    /// `None` where a file is to be believed and none was chosen.
    fn trust(&self) -> Option<Trust> {
        match self.believes {
            Believes::System => Some(Trust::System),
            Believes::SystemRoots => Some(Trust::SystemRoots),
            Believes::File => self.authority.as_ref().map(|of| Trust::Pinned(of.pem.clone())),
        }
    }

    /// What the office would show on the line.
    fn shows(&self) -> Option<&LineLook> {
        match &self.certificate {
            Certificate::Kept => self.kept.certificate.as_ref(),
            Certificate::New(_, look) => Some(look),
            Certificate::Dropped => None,
        }
    }

    /// Whether the office may go without a secret: only our own server believes a certificate
    /// alone.
    fn may_go_without(&self) -> bool {
        self.speaks == Speaks::Vanthu && self.shows().is_some()
    }

    fn goes_without(&self) -> bool {
        self.without_secret && self.may_go_without()
    }

    fn has_typed_secret(&self) -> bool {
        !self.secret.reveal().trim().is_empty()
    }

    fn order(&self) -> Option<ServerOrder> {
        let secret = if self.goes_without() {
            Proof::None
        } else if self.has_typed_secret() {
            Proof::New(self.secret.clone())
        } else {
            Proof::Kept
        };
        Some(ServerOrder {
            url: self.url.clone(),
            secret,
            profile: self.profile(),
            trust: self.trust()?,
            certificate: match &self.certificate {
                Certificate::Kept => Proof::Kept,
                Certificate::New(pem, _) => Proof::New(pem.clone()),
                Certificate::Dropped => Proof::None,
            },
        })
    }

    fn has_changed(&self) -> bool {
        let without = !self.kept.url.is_empty() && !self.kept.has_secret;
        self.url.trim() != self.kept.url
            || self.profile() != self.kept.profile
            || self.trust().as_ref() != Some(&self.kept.trust)
            || self.has_typed_secret()
            || self.goes_without() != without
            || !matches!(self.certificate, Certificate::Kept)
    }

    /// What is to be saved, if anything.
    pub fn change(&self) -> Option<ServerOrder> {
        self.has_changed().then(|| self.order()).flatten()
    }

    /// What is wrong with the address, as a sentence.
    fn address_complaint(&self) -> Option<String> {
        let Ok(url) = web_url(&self.url) else { return Some(t!("desk-settings-server-wrong")) };
        let checked = crate::exchange::address::BaseUrl::parse(&url);
        checked.err().map(|error| tell(&error.into()).what)
    }

    fn secret_complaint(&self) -> Option<String> {
        let there = self.has_typed_secret() || self.kept.has_secret || self.goes_without();
        (!there).then(|| t!("desk-settings-secret-missing"))
    }

    /// The field that can be neither saved nor tried as it is.
    fn wrong(&self) -> Option<&'static str> {
        if self.address_complaint().is_some() {
            Some(ADDRESS)
        } else if self.secret_complaint().is_some() {
            Some(SECRET)
        } else {
            self.trust().is_none().then_some(BROWSE_AUTHORITY)
        }
    }

    /// The same where there is something to save.
    pub fn fault(&mut self) -> Option<&'static str> {
        let wrong = if self.has_changed() { self.wrong() } else { None };
        self.complains |= wrong.is_some();
        wrong
    }

    /// Ends a try; whether one ran.
    pub fn stop(&mut self) -> bool {
        self.trial.stop()
    }

    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Task<Message> {
        // What was tried is no longer what stands here.
        if message.changes() {
            self.trial.forget();
        }
        match message {
            Message::Url(url) => self.url = url,
            Message::Speaks(speaks) => self.speaks = speaks,
            Message::PaddedHash(on) => self.quirks.padded_hash = on,
            Message::Multipart(on) => self.quirks.multipart = on,
            Message::Secret(secret) => self.secret = secret,
            Message::WithoutSecret(without) => self.without_secret = without,
            Message::Believes(believes) => self.believes = believes,
            Message::BrowseAuthority => {
                return Task::perform(choose::authorities(), Message::AuthorityBrowsed);
            }
            Message::AuthorityBrowsed(path) => {
                let Some(path) = path else { return Task::none() };
                let read = crate::desk::ask(move || {
                    let pem = choose::read(&path)?;
                    Ok(Authority { looks: authorities(&pem)?, pem: pem.to_vec() })
                });
                return Task::perform(read, Message::Authority);
            }
            Message::Authority(answer) => {
                (self.authority, self.problem) = match answer {
                    Ok(authority) => (Some(authority), None),
                    Err(problem) => (self.authority.take(), Some(problem)),
                };
            }
            Message::BrowseCertificate => {
                return Task::perform(choose::certificate_and_key(), Message::CertificateBrowsed);
            }
            Message::CertificateBrowsed(paths) => {
                if paths.is_empty() {
                    return Task::none();
                }
                let door = Arc::clone(door);
                let read = crate::desk::ask(move || {
                    let files: Result<Vec<_>, Problem> =
                        paths.iter().map(|path| choose::read(path)).collect();
                    let pem = pem_of(&files?);
                    let look = door.fit_line_certificate(&pem)?;
                    Ok((pem, look))
                });
                return Task::perform(read, Message::Certificate);
            }
            Message::Certificate(Ok((pem, look))) => {
                self.certificate = Certificate::New(pem, look);
                self.problem = None;
            }
            Message::Certificate(Err(problem)) => self.problem = Some(problem),
            Message::DropCertificate => self.certificate = Certificate::Dropped,
            Message::KeepCertificate => self.certificate = Certificate::Kept,
            Message::Try => return self.begin_trial(door),
            Message::Tried(turn, answer) => self.trial.ended(turn, answer),
            Message::Stop => {
                self.trial.stop();
            }
            // What submits does so for all pages.
            Message::Submit => {}
        }
        Task::none()
    }

    fn begin_trial(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        if let Some(field) = self.wrong() {
            self.complains = true;
            return crate::desk::widget::tabbing::reach(field);
        }
        match self.order() {
            Some(order) => self.trial.begin(order, door),
            None => Task::none(),
        }
    }
}

impl Message {
    /// Whether it makes the server another than was tried.
    const fn changes(&self) -> bool {
        !matches!(
            self,
            Self::BrowseAuthority
                | Self::AuthorityBrowsed(_)
                | Self::Authority(Err(_))
                | Self::Certificate(Err(_))
                | Self::BrowseCertificate
                | Self::CertificateBrowsed(_)
                | Self::Try
                | Self::Tried(..)
                | Self::Stop
                | Self::Submit
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> ServerLook {
        ServerLook {
            url: "https://may-chu.vn".to_owned(),
            has_secret: true,
            ..ServerLook::default()
        }
    }

    #[test]
    fn what_is_kept_is_no_change_and_what_is_typed_is() {
        let mut server = Server::new(set());
        assert!(server.fault().is_none() && server.change().is_none());
        server.secret = Pin::new(" mới ");
        let order = server.change().unwrap();
        assert!(matches!(order.secret, Proof::New(_)));
        server.secret = Pin::new("  ");
        assert!(server.change().is_none());
        server.url = "may-chu-khac.vn".to_owned();
        assert!(matches!(server.change().unwrap().secret, Proof::Kept));
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut server = Server::new(ServerLook::default());
        // Nothing is set, and nothing is wanted.
        assert!(server.fault().is_none());
        server.believes = Believes::File;
        assert_eq!(server.fault(), Some(ADDRESS));
        server.url = "http://10.0.0.1".to_owned();
        assert_eq!(server.fault(), Some(ADDRESS));
        server.url = "https://may-chu.vn".to_owned();
        assert_eq!(server.fault(), Some(SECRET));
        server.secret = Pin::new("x");
        assert_eq!(server.fault(), Some(BROWSE_AUTHORITY));
        server.believes = Believes::System;
        assert!(server.fault().is_none() && server.change().is_some());
    }

    #[test]
    fn without_a_secret_a_certificate_is_needed_and_our_own_server() {
        let until = jiff::Timestamp::MAX;
        let look = LineLook { subject: "xã".to_owned(), until };
        let mut server = Server::new(ServerLook { certificate: Some(look), ..set() });
        server.without_secret = true;
        assert!(matches!(server.change().unwrap().secret, Proof::None));
        server.speaks = Speaks::Axis;
        assert!(matches!(server.change().unwrap().secret, Proof::Kept));
        server.speaks = Speaks::Vanthu;
        server.certificate = Certificate::Dropped;
        assert!(matches!(server.change().unwrap().secret, Proof::Kept));
    }

    #[test]
    fn no_secret_shows_itself() {
        let mut server = Server::new(set());
        server.secret = Pin::new("rat-bi-mat");
        let said = format!(
            "{server:?} {:?} {:?}",
            server.order(),
            Message::Secret(Pin::new("rat-bi-mat"))
        );
        assert!(!said.contains("rat-bi-mat"), "{said}");
    }
}
