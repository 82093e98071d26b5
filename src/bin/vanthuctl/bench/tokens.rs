//! Signing in a batch, in an office of its own with documents of its own.
//!
//! On a token that answers at once the time is the program's; on one that takes its time the
//! question is how much of it the token stands idle. The reference is the token itself: the
//! sum of its signatures, which no program can go below.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::document::{DocumentKey, Metadata};
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::role::Role;
use vanthu::office::batch::{BatchOrder, BatchReport, Cancel, Made};
use vanthu::office::hand::Ready;
use vanthu::office::{Founding, NewDraft, Office, Placement, SignOrder, layout};
use vanthu::pki::{Certificate, DigestAlgorithm, SignatureScheme, demo};
use vanthu::t;
use vanthu::token::{
    self, HeldPin, KeyRef, LastTry, Pin, PinState, Purpose, Selector, Token, TokenCertificate,
    TokenError, choose,
};

use super::Folder;
use super::measure::round;
use crate::args::BenchTokens;
use crate::door;
use crate::output::Outcome;

const PASSWORD: &str = "bench";

pub fn tokens(args: &BenchTokens) -> Result<Outcome, Problem> {
    let folder = Folder::new()?;
    let desk = Desk::found(&folder.0)?;
    let count = usize::from(args.documents);
    let mut rows = Vec::new();
    if let Some(token) = &args.token {
        let pin = args.pin_env.as_deref().map(door::secret_from_env).transpose()?;
        let selector = Selector::parse(token)?;
        rows.push(desk.batch("token", &selector, pin.as_ref(), count, Duration::ZERO)?);
    } else {
        let (selector, pin) = desk.key(&folder.0)?;
        rows.push(desk.batch("null", &selector, Some(&pin), count, Duration::ZERO)?);
        let delay = Duration::from_millis(args.delay_ms);
        rows.push(desk.batch("slow", &selector, Some(&pin), count, delay)?);
    }
    let text: Vec<String> = rows
        .iter()
        .map(|row| {
            t!(
                "ctl-bench-tokens-row",
                token = t!(&format!("ctl-bench-tokens-{}", row.name)),
                documents = row.documents,
                total = format!("{:.3}", row.per_document()),
                signature = format!("{:.3}", row.signature()),
                overhead = format!("{:.3}", row.per_document() - row.signature()),
                busy = format!("{:.1}", row.report.load.ratio() * 100.0)
            )
        })
        .collect();
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    Ok(Outcome::new(json!({"bench": "tokens", "rows": rows}), text.join("\n")))
}

/// A batch that was measured.
struct Row {
    /// `null`, `slow` or `token`.
    name: &'static str,
    documents: usize,
    wall: Duration,
    report: BatchReport<DocumentKey, Made>,
}

impl Row {
    /// Milliseconds for one document, all in all.
    fn per_document(&self) -> f64 {
        self.wall.as_secs_f64() * 1e3 / self.documents as f64
    }

    /// Milliseconds that the token took of it.
    fn signature(&self) -> f64 {
        self.report.load.busy.as_secs_f64() * 1e3 / self.documents as f64
    }

    fn json(&self) -> Value {
        json!({
            "token": self.name,
            "documents": self.documents,
            "per_document_ms": round(self.per_document()),
            "signature_ms": round(self.signature()),
            "overhead_ms": round(self.per_document() - self.signature()),
            "busy_ratio": (self.report.load.ratio() * 1e4).round() / 1e4,
        })
    }
}

/// An office in a folder, with one person who does everything.
struct Desk(Office);

impl Desk {
    fn found(folder: &Path) -> Result<Self, Problem> {
        let code = AgencyCode::new("000.01.05.H30").ok_or_else(|| wrong("agency"))?;
        let founding = Founding {
            agency: Agency::new(code, "Ủy ban nhân dân xã Tân Bình"),
            profile: "current".to_owned(),
            user: "bench".to_owned(),
            display_name: String::new(),
            roles: vec![Role::Drafter, Role::Leader, Role::Clerk, Role::Administrator],
        };
        Office::found(&folder.join("office"), founding, &Pin::new(PASSWORD)).map(Self)
    }

    /// A key in a file, and its certificate's root as trusted.
    fn key(&self, folder: &Path) -> Result<(Selector, Pin), Problem> {
        let authority = demo::Authority::create(Timestamp::now())?;
        let issued = authority.issue(&demo::Subject {
            common_name: "Nguyễn Văn Mẫu".to_owned(),
            organisation: "Ủy ban nhân dân xã Tân Bình".to_owned(),
            title: "Chủ tịch".to_owned(),
            ..demo::Subject::default()
        })?;
        let path = folder.join("key.p12");
        door::write(&path, &issued.to_pkcs12("key", PASSWORD)?)?;
        self.0.add_trust(authority.root().to_pem().as_bytes())?;
        Ok((Selector::File { path }, Pin::new(PASSWORD)))
    }

    /// Drafts `count` documents for the token's owner and signs them.
    fn batch(
        &self,
        name: &'static str,
        selector: &Selector,
        pin: Option<&Pin>,
        count: usize,
        delay: Duration,
    ) -> Result<Row, Problem> {
        let pin = pin.cloned().unwrap_or_else(|| Pin::new(""));
        let mut token = token::open(selector)?;
        token::unlock(token.as_mut(), &pin, LastTry::Keep)?;
        let certificates = token.certificates()?;
        let (chosen, certificate) = choose(&certificates, Purpose::Personal, Timestamp::now())
            .map_err(TokenError::NoCertificate)?;
        let keys = self.drafts(&certificate, count)?;
        let slow = Slow { token, delay };
        let ready = Ready::new(Box::new(slow), chosen.key.clone(), certificate, Vec::new());
        let order = BatchOrder {
            order: SignOrder {
                token: selector.clone(),
                certificate: None,
                pin,
                last_try_confirmed: false,
                placement: Placement::Automatic,
            },
            hold: HeldPin::LONGEST,
        };
        let begun = Instant::now();
        let report = self.0.sign_batch_with(ready, &keys, &order, &Cancel::default(), &|_| {})?;
        let wall = begun.elapsed();
        // What fails is quick and would be no measurement.
        match report.first_problem() {
            Some(problem) => Err(problem.clone()),
            None => Ok(Row { name, documents: count, wall, report }),
        }
    }

    /// Decisions of one page that wait for the signature of the certificate's owner.
    fn drafts(&self, certificate: &Certificate, count: usize) -> Result<Vec<DocumentKey>, Problem> {
        let sample = layout::samples().into_iter().find(|sample| sample.type_key == "QĐ");
        let mut sheet = sample.ok_or_else(|| wrong("sample"))?.sheet;
        sheet.signer.full_name = certificate.subject().label();
        sheet.date = None;
        let pdf = layout::compose(&sheet)?;
        (0..count)
            .map(|number| {
                let key = self.0.draft(NewDraft {
                    file_name: format!("{number}.pdf"),
                    pdf: pdf.clone(),
                    source: None,
                    attachments: Vec::new(),
                    metadata: Metadata {
                        type_key: "QĐ".to_owned(),
                        subject: format!("Văn bản thứ {number}"),
                        signer: sheet.signer.clone(),
                        ..Metadata::default()
                    },
                })?;
                self.0.submit(key, OutboundState::ToSign, "")?;
                Ok(key)
            })
            .collect()
    }
}

/// A token that takes at least `delay` for a signature, as cards do.
struct Slow {
    token: Box<dyn Token>,
    delay: Duration,
}

impl Token for Slow {
    fn label(&self) -> String {
        self.token.label()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        self.token.certificates()
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        self.token.pin_state()
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        self.token.login(pin)
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let begun = Instant::now();
        let answer = self.token.sign_digest(key, scheme, algorithm, digest);
        std::thread::sleep(self.delay.saturating_sub(begun.elapsed()));
        answer
    }
}

fn wrong(what: &str) -> Problem {
    Problem::new("ctl-bench-failed", Kind::No, Blame::Environment).because(what)
}
