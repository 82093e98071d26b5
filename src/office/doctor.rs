//! The token doctor: everything between a leader's token and a signature, looked at one by
//! one, each with what it means and how to mend it.
//!
//! The order is that in which things fail: the driver service, the readers, the modules, the
//! card, its PIN, its certificates, the authorities above them, the clock. Nothing here asks
//! for a PIN or uses a try up. A finding is a code with facts; its sentences are
//! `doctor-CODE` with the attributes `means` and `mend`.

use jiff::Timestamp;

use super::Office;
use crate::domain::calendar;
use crate::domain::identity::{CertificateLink, Owner};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::i18n::{tell, tr_args};
use crate::pki::fetch::Fetch;
use crate::pki::{Certificate, Evidence, PathReason, PathStatus, Purpose, TrustStore, path};
use crate::token::choose::{self, Standing};
use crate::token::{self, PinState, Place, Survey, TokenError, TokenInfo, pkcs11};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    Good,
    /// Works, but somebody should know.
    Note,
    /// Not there; other ways may do.
    Missing,
    Broken,
}

impl Health {
    /// The word for scripts.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Missing => "missing",
            Self::Broken => "broken",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Service,
    Reader,
    Module,
    Card,
    Pin,
    Certificate,
    Owner,
    Chain,
    Clock,
}

impl Part {
    /// The word for scripts.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Reader => "reader",
            Self::Module => "module",
            Self::Card => "card",
            Self::Pin => "pin",
            Self::Certificate => "certificate",
            Self::Owner => "owner",
            Self::Chain => "chain",
            Self::Clock => "clock",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub part: Part,
    pub health: Health,
    /// Stable, such as `pin-last`.
    pub code: &'static str,
    /// Which one: reader, module, or certificate; empty where there is but one.
    pub subject: String,
    /// Facts for the sentences.
    pub facts: Vec<(&'static str, String)>,
}

impl Finding {
    fn new(part: Part, health: Health, code: &'static str, subject: impl Into<String>) -> Self {
        Self { part, health, code, subject: subject.into(), facts: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// What was found.
    pub fn found(&self) -> String {
        tr_args(&format!("doctor-{}", self.code), &self.facts)
    }

    /// What it means.
    pub fn means(&self) -> String {
        tr_args(&format!("doctor-{}.means", self.code), &self.facts)
    }

    /// How to mend it; empty where there is nothing to mend.
    pub fn mend(&self) -> String {
        match self.health {
            Health::Good => String::new(),
            _ => tr_args(&format!("doctor-{}.mend", self.code), &self.facts),
        }
    }
}

/// What the tokens are judged by.
pub struct Surroundings<'a> {
    pub now: Timestamp,
    pub trust: &'a TrustStore,
    /// The line to OCSP and CRL services; `None` asks nobody.
    pub fetch: Option<&'a dyn Fetch>,
    /// Whose certificates are whose; `None` without an office.
    pub links: Option<&'a [CertificateLink]>,
    /// By how many seconds this computer's clock is ahead of the server's, where one was
    /// asked.
    pub ahead_seconds: Option<i64>,
}

impl Office {
    /// Everything between the tokens that are plugged in and a signature.
    pub fn token_doctor(&self) -> Result<Vec<Finding>, Problem> {
        self.actor(Act::ViewQueues)?;
        self.diagnose(&token::survey(&self.token_sources()?))
    }

    pub(super) fn diagnose(&self, survey: &Survey) -> Result<Vec<Finding>, Problem> {
        let trust = self.trust()?;
        let links = self.certificate_links()?;
        let around = Surroundings {
            now: Timestamp::now(),
            trust: &trust,
            fetch: Some(&self.0.fetch),
            links: Some(&links),
            ahead_seconds: self.clock_ahead(),
        };
        Ok(examine(survey, &around))
    }

    /// By how many seconds this clock is ahead of the server's; `None` where none answers.
    fn clock_ahead(&self) -> Option<i64> {
        self.server()?;
        let health = self.server_line().ok()?.health().ok()?;
        Some(health.skew.as_secs())
    }
}

/// What is found of `survey`.
pub fn examine(survey: &Survey, around: &Surroundings<'_>) -> Vec<Finding> {
    let mut findings = service(survey);
    findings.extend(modules(survey));
    for token in survey.tokens.iter().filter(|token| !token.demonstration) {
        findings.extend(one_token(token, around));
    }
    findings.extend(expiring(around));
    findings.push(clock(survey, around));
    findings
}

/// The PC/SC service and its readers.
fn service(survey: &Survey) -> Vec<Finding> {
    let Some(readers) = survey.providers.iter().find(|one| one.place == Place::Readers) else {
        return Vec::new();
    };
    match &readers.outcome {
        Err(TokenError::NoService) => {
            vec![Finding::new(Part::Service, Health::Broken, "service-missing", "")]
        }
        Err(error) => vec![
            Finding::new(Part::Service, Health::Broken, "service-failed", "")
                .with("reason", reason(error)),
        ],
        Ok(count) => {
            let running = Finding::new(Part::Service, Health::Good, "service-running", "");
            let mut findings = vec![running];
            if *count == 0 {
                findings.push(Finding::new(Part::Reader, Health::Missing, "no-reader", ""));
            }
            findings
        }
    }
}

/// The vendors' modules that this computer has.
fn modules(survey: &Survey) -> Vec<Finding> {
    let mut findings = Vec::new();
    for provider in &survey.providers {
        let Place::Module(path) = &provider.place else { continue };
        let subject = path.display().to_string();
        let vendor = pkcs11::known::vendor(path).unwrap_or_default();
        findings.push(match &provider.outcome {
            Ok(count) => Finding::new(Part::Module, Health::Good, "module-works", &subject)
                .with("path", &subject)
                .with("vendor", vendor)
                .with("count", count),
            Err(error) => Finding::new(Part::Module, Health::Broken, "module-failed", &subject)
                .with("path", &subject)
                .with("vendor", vendor)
                .with("reason", reason(error))
                .with("next", tell(&error.clone().into()).next),
        });
    }
    if findings.is_empty() {
        // Cards that are spoken to directly need none.
        let direct = survey.tokens.iter().any(|token| !token.certificates.is_empty());
        let health = if direct { Health::Good } else { Health::Missing };
        findings.push(Finding::new(Part::Module, health, "no-module", ""));
    }
    findings
}

/// One card or token: whether it can be used, its PIN, its certificates.
fn one_token(token: &TokenInfo, around: &Surroundings<'_>) -> Vec<Finding> {
    let label = token.label.as_str();
    let of = |part, health, code| Finding::new(part, health, code, label).with("token", label);
    match &token.error {
        Some(TokenError::NoCard { .. } | TokenError::Removed) => {
            return vec![of(Part::Reader, Health::Missing, "reader-empty")];
        }
        Some(TokenError::UnsupportedCard { atr, module: Some(module) }) => {
            let found = of(Part::Card, Health::Broken, "card-needs-module");
            return vec![found.with("atr", atr).with("module", module)];
        }
        Some(TokenError::UnsupportedCard { atr, module: None }) => {
            return vec![of(Part::Card, Health::Broken, "card-unknown").with("atr", atr)];
        }
        Some(error) => {
            let next = tell(&error.clone().into()).next;
            let found = of(Part::Card, Health::Broken, "card-failed");
            return vec![found.with("reason", reason(error)).with("next", next)];
        }
        None => {}
    }
    let mut findings = vec![if token.measured {
        of(Part::Card, Health::Note, "card-measured")
    } else {
        of(Part::Card, Health::Good, "card-works")
    }];
    findings.extend(token.pin.map(|state| pin(state, &of)));
    findings.extend(certificates(token, around));
    findings
}

fn pin(state: PinState, of: &dyn Fn(Part, Health, &'static str) -> Finding) -> Finding {
    let of = |health, code| of(Part::Pin, health, code);
    match state {
        PinState::Blocked | PinState::TriesLeft(Some(0)) => of(Health::Broken, "pin-blocked"),
        PinState::TriesLeft(Some(1)) => of(Health::Broken, "pin-last"),
        PinState::TriesLeft(Some(2)) => of(Health::Note, "pin-low").with("tries", 2),
        PinState::TriesLeft(Some(tries)) => of(Health::Good, "pin-good").with("tries", tries),
        PinState::CountLow => of(Health::Note, "pin-was-wrong"),
        PinState::TriesLeft(None) => of(Health::Good, "pin-not-told"),
        PinState::PinPad => of(Health::Good, "pin-pad"),
    }
}

/// Each certificate of a token, and the authorities above the one that would sign.
fn certificates(token: &TokenInfo, around: &Surroundings<'_>) -> Vec<Finding> {
    let standings = choose::standings(&token.certificates, choose::Purpose::Any, around.now);
    if standings.is_empty() {
        let none =
            Finding::new(Part::Certificate, Health::Broken, "certificate-none", &token.label);
        return vec![none.with("token", &token.label)];
    }
    let signs = standings.iter().any(|(_, standing)| *standing == Standing::Chosen);
    let mut findings = Vec::new();
    for (certificate, standing) in &standings {
        let holder = certificate.subject().label();
        let of = |health, code| {
            Finding::new(Part::Certificate, health, code, certificate.serial_hex())
                .with("holder", &holder)
                .with("issuer", certificate.issuer().label())
                .with("serial", certificate.serial_hex())
                .with("until", day(certificate.not_after()))
                .with("from", day(certificate.not_before()))
        };
        // Where another one signs, one that cannot is no fault of the token.
        let spare = if signs { Health::Good } else { Health::Broken };
        findings.push(match standing {
            Standing::Chosen => of(Health::Good, "certificate-signs"),
            Standing::Older => of(Health::Good, "certificate-older"),
            Standing::Unfit(unfit) => match unfit {
                choose::Unfit::Expired => of(spare, "certificate-expired"),
                choose::Unfit::NotYetValid => of(spare, "certificate-not-yet"),
                choose::Unfit::NotForSigning => of(spare, "certificate-other-use"),
                choose::Unfit::CertificationAuthority => of(Health::Good, "certificate-authority"),
                _ => of(spare, "certificate-weak"),
            },
        });
        if *standing == Standing::Chosen {
            findings.extend(owner(certificate, around));
            findings.push(chain(certificate, token, around));
        }
    }
    findings
}

/// Whose the certificate is, where an office has settled such things.
fn owner(certificate: &Certificate, around: &Surroundings<'_>) -> Option<Finding> {
    let links = around.links?;
    let of = |health, code| {
        Finding::new(Part::Owner, health, code, certificate.serial_hex())
            .with("holder", certificate.subject().label())
    };
    Some(match super::people::owner(links, certificate) {
        Some(Owner::Organisation) => of(Health::Good, "owner-organisation"),
        Some(Owner::Person(user)) => of(Health::Good, "owner-person").with("user", user),
        None => of(Health::Note, "owner-not-linked"),
    })
}

/// The authorities above a certificate, and whether it has been revoked.
fn chain(certificate: &Certificate, token: &TokenInfo, around: &Surroundings<'_>) -> Finding {
    let of = |health, code| {
        Finding::new(Part::Chain, health, code, certificate.serial_hex())
            .with("holder", certificate.subject().label())
            .with("issuer", certificate.issuer().label())
    };
    let mut pool: Vec<Certificate> =
        token.certificates.iter().filter_map(|one| Certificate::from_der(&one.der).ok()).collect();
    pool.extend(around.trust.intermediates.iter().cloned());
    let report = path::validate(
        certificate,
        &pool,
        around.trust,
        around.now,
        Purpose::DocumentSigning,
        &Evidence::default(),
        around.fetch,
    );
    let has = |reason| report.reasons.contains(&reason);
    if report.status == PathStatus::Valid {
        of(Health::Good, "chain-good")
    } else if report.is_revoked() {
        of(Health::Broken, "chain-revoked")
    } else if around.trust.roots.is_empty() {
        of(Health::Missing, "chain-no-roots")
    } else if has(PathReason::IssuerUnknown) || has(PathReason::RootUntrusted) {
        of(Health::Broken, "chain-unknown")
    } else if report.reasons == [PathReason::RevocationUnknown] {
        of(Health::Note, "chain-not-asked")
    } else {
        let reasons: Vec<String> = report.reasons.iter().map(|one| one.message()).collect();
        of(Health::Broken, "chain-bad").with("reason", reasons.join("; "))
    }
}

/// Linked certificates that end soon, plugged in or not.
fn expiring(around: &Surroundings<'_>) -> Vec<Finding> {
    use crate::domain::identity::{Nearness, expiry_warnings};
    let warnings = expiry_warnings(around.links.unwrap_or_default(), around.now);
    let finding = |warning: crate::domain::identity::ExpiryWarning| {
        let facts = &warning.link.certificate;
        let (health, code) = match warning.nearness {
            Nearness::Expired => (Health::Broken, "certificate-ended"),
            Nearness::Within7Days => (Health::Broken, "certificate-ends"),
            Nearness::Within30Days | Nearness::Within60Days => (Health::Note, "certificate-ends"),
        };
        Finding::new(Part::Certificate, health, code, &facts.serial)
            .with("holder", &facts.subject)
            .with("days", warning.days_left)
            .with("until", day(facts.not_after))
    };
    warnings.into_iter().map(finding).collect()
}

/// Signatures and deadlines live on the clock.
fn clock(survey: &Survey, around: &Surroundings<'_>) -> Finding {
    /// More than this is worth mending.
    const SKEW: i64 = 120;
    let of = |health, code| {
        let time = calendar::local(around.now).strftime("%H:%M:%S %d/%m/%Y").to_string();
        Finding::new(Part::Clock, health, code, "").with("time", time)
    };
    // A certificate of the future is seldom issued in advance.
    let early = survey.tokens.iter().flat_map(|token| &token.certificates).any(|one| {
        Certificate::from_der(&one.der).is_ok_and(|read| read.not_before() > around.now)
    });
    match around.ahead_seconds {
        Some(ahead) if ahead.abs() > SKEW => {
            of(Health::Broken, "clock-wrong").with("seconds", ahead)
        }
        Some(ahead) => of(Health::Good, "clock-good").with("seconds", ahead),
        None if early => of(Health::Note, "clock-behind"),
        None => of(Health::Good, "clock-not-compared"),
    }
}

fn reason(error: &TokenError) -> String {
    tell(&error.clone().into()).what
}

fn day(at: Timestamp) -> String {
    calendar::local(at).strftime("%d/%m/%Y").to_string()
}
