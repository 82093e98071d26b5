//! Setting up an office: its server, how it signs, and what its desk does by itself. All of an
//! order is looked over before any of it is written, and it is written in one piece.
//!
//! The window and `vanthuctl` set the server up through this, so that both take and refuse the
//! same.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::accept;
use super::line::{self, LineLook, LineManner};
use super::settings;
use super::{Office, OfficeError};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::exchange::{
    ExchangeError, Identity, Listing, Patience, ServerAddress, ServerInfo, ServerProfile, Trust,
    Watch,
};
use crate::rules::facts::NumberTaken;
use crate::token::Pin;

/// Whoever tries a line sits before it: what does not move for so long does not answer.
const TRIES: Duration = Duration::from_secs(20);

/// A setting's name and its text, which may be a secret.
pub(super) type Row = (String, Zeroizing<String>);

/// What proves this office, or a part of it.
#[derive(Debug, Clone)]
pub enum Proof {
    /// What is kept, if anything.
    Kept,
    New(Pin),
    None,
}

/// The server as it is to be from now on.
#[derive(Debug, Clone)]
pub struct ServerOrder {
    /// As typed; without a scheme `https` is meant.
    pub url: String,
    /// The office's secret there. With none the certificate alone proves the office.
    pub secret: Proof,
    pub profile: ServerProfile,
    pub trust: Trust,
    /// What the office shows on the line: PEM of the certificate, of those between it and a
    /// root, and of its private key.
    pub certificate: Proof,
}

/// The server as it is kept, without anything that is secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerLook {
    /// Empty where none is set.
    pub url: String,
    pub has_secret: bool,
    pub profile: ServerProfile,
    pub trust: Trust,
    /// Those whose certificates alone are believed; empty where the system says whose.
    pub authorities: Vec<LineLook>,
    /// What the office shows on the line.
    pub certificate: Option<LineLook>,
}

/// How this office signs, as far as it is to be otherwise: `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SigningOrder {
    /// PNG of the handwritten signature of whoever is at the desk; `Some(None)` for none.
    pub signature_image: Option<Option<Arc<[u8]>>>,
    /// PNG of the seal; `Some(None)` for none.
    pub seal_image: Option<Option<Arc<[u8]>>>,
    /// Real width of the seal in millimetres; `Some(None)` is the profile's.
    pub seal_mm: Option<Option<f32>>,
    /// Addresses of time-stamp services, in the order in which they are tried.
    pub tsa: Option<Vec<String>>,
    pub level: Option<Level>,
    pub number_taken: Option<NumberTaken>,
}

/// How this office signs.
#[derive(Debug, Clone, PartialEq)]
pub struct SigningLook {
    pub signature_image: Option<Vec<u8>>,
    pub seal_image: Option<Vec<u8>>,
    /// In millimetres; `None` is the profile's.
    pub seal_mm: Option<f32>,
    pub tsa: Vec<String>,
    /// `None` where nobody has chosen one: [`settings::usual_level`].
    pub level: Option<Level>,
    pub number_taken: NumberTaken,
}

/// What this desk does by itself, as far as it is to be otherwise: `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeskOrder {
    /// Whether it tells of things through the system's notifications.
    pub notifies: Option<bool>,
    /// The folder whose files come in by themselves; `Some(None)` for none.
    pub watched: Option<Option<PathBuf>>,
    /// The folder into which a scanner puts its files.
    pub scanned: Option<Option<PathBuf>>,
    /// How much it asks of the line.
    pub manner: Option<LineManner>,
}

/// All that is to be set up at once.
#[derive(Debug, Clone, Default)]
pub struct SetUp {
    pub server: Option<ServerOrder>,
    pub signing: SigningOrder,
    pub desk: DeskOrder,
}

impl SetUp {
    /// Whether nothing is to be otherwise.
    pub fn is_empty(&self) -> bool {
        self.server.is_none()
            && self.signing == SigningOrder::default()
            && self.desk == DeskOrder::default()
    }

    /// Whether the line is to be another one, or to be used otherwise: an exchange that runs is
    /// called off.
    pub fn is_of_the_line(&self) -> bool {
        self.server.is_some() || self.desk.manner.is_some()
    }
}

/// What a try of the line came to, once somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Who answered; `None` where that is not told before it is known who asks.
    pub server: Option<ServerInfo>,
    /// Why this office cannot exchange documents there; `None` if it can.
    pub problem: Option<Problem>,
}

impl Office {
    /// Sets up what is ordered: all of it or, if any of it cannot be, nothing.
    pub fn set_up(&self, order: &SetUp) -> Result<(), Problem> {
        let rows = self.set_up_rows(order)?;
        self.store().set_settings(&rows)?;
        if order.is_of_the_line() {
            self.line_has_changed();
        }
        Ok(())
    }

    pub(super) fn set_up_desk(&self, desk: DeskOrder) -> Result<(), Problem> {
        self.set_up(&SetUp { desk, ..SetUp::default() })
    }

    pub fn server_look(&self) -> Result<ServerLook, Problem> {
        let setting = self.server_setting()?;
        let trust = self.line_trust()?;
        let authorities = match &trust {
            Trust::Pinned(pem) => line::authorities(pem).unwrap_or_default(),
            Trust::System | Trust::SystemRoots => Vec::new(),
        };
        let certificate = self.line_certificate()?.as_ref().map(LineLook::of);
        Ok(match setting {
            None => ServerLook { trust, authorities, certificate, ..ServerLook::default() },
            Some(setting) => ServerLook {
                has_secret: !setting.secret.reveal().is_empty(),
                url: setting.url,
                profile: setting.profile,
                trust,
                authorities,
                certificate,
            },
        })
    }

    pub fn signing_look(&self) -> Result<SigningLook, Problem> {
        Ok(SigningLook {
            signature_image: self.signature_image()?,
            seal_image: self.seal_image()?,
            seal_mm: self.seal_size_mm()?,
            tsa: self.tsa_urls()?,
            level: self.chosen_level()?,
            number_taken: self.number_taken()?,
        })
    }

    /// Asks the server of an order who it is, and for this office's inbox, which shows whether
    /// the office is believed there. Keeps nothing.
    ///
    /// # Errors
    /// Where nobody answers who could be the server, or the order cannot be carried out.
    pub fn try_server(&self, order: &ServerOrder, watch: &dyn Watch) -> Result<Tried, Problem> {
        let (address, _) = self.address_of(order)?;
        let patience = Patience { stall: TRIES, ..Patience::default() };
        let line = order.profile.line(address, patience)?;
        let go_on = || if watch.cancelled() { Err(ExchangeError::Cancelled) } else { Ok(()) };
        go_on()?;
        let server = match line.health() {
            Ok(server) => server,
            // A gateway of the axis answers nobody whom it does not believe.
            Err(
                error @ (ExchangeError::BadCredentials { .. }
                | ExchangeError::CertificateRefused(_)),
            ) => return Ok(Tried { server: None, problem: Some(error.into()) }),
            Err(error) => return Err(error.into()),
        };
        go_on()?;
        let problem = line.inbox(Listing::Waiting(None), 1).err().map(Problem::from);
        Ok(Tried { server: Some(server), problem })
    }

    fn set_up_rows(&self, order: &SetUp) -> Result<Vec<Row>, Problem> {
        let mut rows = match &order.server {
            Some(server) => self.server_rows(server)?,
            None => Vec::new(),
        };
        rows.extend(self.signing_rows(&order.signing)?);
        rows.extend(self.desk_rows(&order.desk)?);
        Ok(rows)
    }

    fn desk_rows(&self, order: &DeskOrder) -> Result<Vec<Row>, Problem> {
        let mut rows = self.folder_rows(order)?;
        if let Some(on) = order.notifies {
            self.actor(Act::ViewQueues)?;
            rows.push(accept::notifies_row(on));
        }
        if let Some(manner) = order.manner {
            self.actor(Act::Sync)?;
            rows.push(line::manner_row(manner)?);
        }
        Ok(rows)
    }

    fn server_rows(&self, order: &ServerOrder) -> Result<Vec<Row>, Problem> {
        let (address, pem) = self.address_of(order)?;
        let mut rows = vec![
            settings::row(settings::SERVER_URL, settings::web_url(&order.url)?),
            settings::row(settings::SERVER_SECRET, address.secret.reveal()),
            settings::row(settings::SERVER_PROFILE, order.profile.words()),
            settings::row(line::TRUST, line::trust_text(&order.trust)?),
        ];
        match (&order.certificate, pem) {
            (Proof::Kept, _) => {}
            (_, Some(pem)) => rows.push(settings::row(line::CERTIFICATE, pem.reveal())),
            (_, None) => rows.push(settings::row(line::CERTIFICATE, "")),
        }
        // A line that is only made shows whether it can be: what certificates are believed, and
        // whether a key is its certificate's own.
        order.profile.line(address, Patience::default())?;
        Ok(rows)
    }

    /// With what the line of an order is made, and the PEM that it shows there.
    fn address_of(&self, order: &ServerOrder) -> Result<(ServerAddress, Option<Pin>), Problem> {
        self.actor(Act::ManageAgencies)?;
        let secret = match &order.secret {
            Proof::Kept => self.server_setting()?.map(|kept| kept.secret),
            Proof::New(secret) => {
                let secret = secret.reveal().trim();
                (!secret.is_empty()).then(|| Pin::new(secret))
            }
            Proof::None => Some(Pin::new("")),
        };
        let secret = secret.ok_or(OfficeError::NoServerSecret)?;
        let pem = match &order.certificate {
            Proof::Kept => self.line_pem()?,
            Proof::New(pem) => {
                self.fit_line_certificate(pem)?;
                Some(pem.clone())
            }
            Proof::None => None,
        };
        // Clients of the axis' gateway calls sign with their secret in any case.
        let needs_secret = pem.is_none() || matches!(order.profile, ServerProfile::Axis(_));
        if secret.reveal().is_empty() && needs_secret {
            return Err(OfficeError::NoServerSecret.into());
        }
        let url = settings::web_url(&order.url)?;
        let mut address = ServerAddress::new(&url, self.session().agency.code.clone(), secret)?;
        address.identity = pem.as_ref().map(Identity::from_pem).transpose()?;
        address.trust = order.trust.clone();
        Ok((address, pem))
    }

    fn signing_rows(&self, order: &SigningOrder) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        if let Some(png) = &order.signature_image {
            self.actor(Act::SignPersonally)?;
            let name = settings::personal_image(&self.session().user);
            rows.push(settings::row(&name, settings::image_text(png.as_deref())?));
        }
        if let Some(png) = &order.seal_image {
            self.actor(Act::Seal)?;
            rows.push(settings::row(settings::SEAL_IMAGE, settings::image_text(png.as_deref())?));
        }
        if let Some(mm) = order.seal_mm {
            self.actor(Act::Seal)?;
            rows.push(settings::row(settings::SEAL_SIZE, settings::seal_size_text(mm)?));
        }
        if let Some(urls) = &order.tsa {
            self.actor(Act::ManageAgencies)?;
            rows.push(settings::row(settings::TSA_URLS, settings::tsa_text(urls)?));
        }
        if let Some(level) = order.level {
            self.actor(Act::ManageAgencies)?;
            rows.push(settings::row(settings::SIGNATURE_LEVEL, level.name()));
        }
        if let Some(taken) = order.number_taken {
            self.actor(Act::ManageAgencies)?;
            rows.push(settings::row(settings::NUMBER_TAKEN, settings::number_word(taken)));
        }
        Ok(rows)
    }
}
