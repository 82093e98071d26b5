//! Tests every component and says how to mend what is missing.

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::problem::Problem;
use vanthu::office::Office;
use vanthu::office::doctor::{Health as TokenHealth, Surroundings, examine};
use vanthu::pdf::font::Face;
use vanthu::pdf::render::Renderer;
use vanthu::pki::TrustStore;
use vanthu::pki::fetch::HttpFetch;
use vanthu::t;
use vanthu::token;

use crate::args::Global;
use crate::door;
use crate::output::Outcome;

/// How a component is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// Not there, and the rest of the program works without it.
    Missing,
    Broken,
}

struct Finding {
    component: &'static str,
    health: Health,
    /// What was found.
    what: String,
    /// How to mend it; empty when there is nothing to mend.
    mend: String,
}

impl Finding {
    fn good(component: &'static str, what: impl Into<String>) -> Self {
        Self { component, health: Health::Good, what: what.into(), mend: String::new() }
    }

    fn bad(component: &'static str, health: Health, what: impl Into<String>) -> Self {
        let mend = t!(&format!("ctl-doctor-{component}.mend"));
        Self { component, health, what: what.into(), mend }
    }
}

pub fn doctor(global: &Global) -> Result<Outcome, Problem> {
    let mut findings = vec![fonts(), pdfium()];
    findings.extend(smart_cards());
    findings.push(modules());
    findings.extend(office(global));
    let broken = findings.iter().any(|finding| finding.health == Health::Broken);
    let rows: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "component": finding.component,
                "state": match finding.health {
                    Health::Good => "ok",
                    Health::Missing => "missing",
                    Health::Broken => "broken",
                },
                "found": finding.what,
                "mend": finding.mend,
            })
        })
        .collect();
    let text: Vec<String> = findings
        .iter()
        .map(|finding| {
            let sign = match finding.health {
                Health::Good => "✓",
                Health::Missing => "–",
                Health::Broken => "✗",
            };
            let name = t!(&format!("ctl-doctor-{}", finding.component));
            let mend = if finding.mend.is_empty() {
                String::new()
            } else {
                format!("\n    → {}", finding.mend)
            };
            format!("{sign} {name}: {}{mend}", finding.what)
        })
        .collect();
    let json = json!({"version": env!("CARGO_PKG_VERSION"), "components": rows});
    Ok(Outcome::new(json, text.join("\n")).no_if(broken))
}

/// Everything between the tokens that are plugged in and a signature. With an office and a
/// user, its links of certificates and its server's clock too.
pub fn tokens(global: &Global) -> Result<Outcome, Problem> {
    let dir = door::data_dir(global)?;
    let findings = if dir.join("keys.json").exists() && global.user.is_some() {
        door::open(global)?.token_doctor()?
    } else {
        let folder = dir.join("trust");
        let trust =
            if folder.is_dir() { TrustStore::from_dir(&folder)? } else { TrustStore::empty() };
        let fetch = HttpFetch::new();
        let around = Surroundings {
            now: Timestamp::now(),
            trust: &trust,
            fetch: Some(&fetch),
            links: None,
            ahead_seconds: None,
        };
        examine(&token::survey(&token::Sources::known()), &around)
    };
    let rows: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let facts: serde_json::Map<String, Value> = finding
                .facts
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::String(value.clone())))
                .collect();
            json!({
                "part": finding.part.key(),
                "state": finding.health.key(),
                "code": finding.code,
                "subject": finding.subject,
                "found": finding.found(),
                "means": finding.means(),
                "mend": finding.mend(),
                "facts": facts,
            })
        })
        .collect();
    let text: Vec<String> = findings
        .iter()
        .map(|finding| {
            let sign = match finding.health {
                TokenHealth::Good => "✓",
                TokenHealth::Note => "!",
                TokenHealth::Missing => "–",
                TokenHealth::Broken => "✗",
            };
            let mend = finding.mend();
            let mend = if mend.is_empty() { mend } else { format!("\n    → {mend}") };
            format!("{sign} {}\n    {}{mend}", finding.found(), finding.means())
        })
        .collect();
    let broken = findings.iter().any(|finding| finding.health == TokenHealth::Broken);
    Ok(Outcome::new(json!({"findings": rows}), text.join("\n")).no_if(broken))
}

/// The embedded fonts must cover what Vietnamese documents need.
fn fonts() -> Finding {
    const LETTERS: &str = "ĂÂĐÊÔƠƯăâđêôơưẤỀỘỮỹẵặ“”–";
    let lacking: String =
        LETTERS.chars().filter(|c| !(Face::Serif.covers(*c) && Face::Sans.covers(*c))).collect();
    if lacking.is_empty() {
        Finding::good("fonts", "Liberation Serif, Noto Sans")
    } else {
        Finding::bad("fonts", Health::Broken, lacking)
    }
}

fn pdfium() -> Finding {
    match Renderer::start() {
        Ok(renderer) => Finding::good("pdfium", renderer.version()),
        Err(error) => Finding::bad("pdfium", Health::Missing, error.to_string()),
    }
}

fn smart_cards() -> Vec<Finding> {
    match token::pcsc::readers() {
        Err(error) => vec![Finding::bad("pcsc", Health::Missing, told(error.into()))],
        Ok(readers) if readers.is_empty() => vec![
            Finding::good("pcsc", t!("ctl-doctor-running")),
            Finding::bad("readers", Health::Missing, t!("ctl-doctor-none")),
        ],
        Ok(_) => {
            let rows: Vec<String> = token::list_from(&token::Sources::default())
                .iter()
                .map(|one| format!("{} ({})", one.label, presence(&one.presence)))
                .collect();
            vec![
                Finding::good("pcsc", t!("ctl-doctor-running")),
                Finding::good("readers", rows.join("; ")),
            ]
        }
    }
}

/// A token's state in words.
pub fn presence(presence: &token::Presence) -> String {
    match presence {
        token::Presence::Absent => t!("ctl-presence-absent"),
        token::Presence::Unsupported { reason } => t!("ctl-presence-unsupported", reason = reason),
        token::Presence::Locked { tries_left: Some(0) } => t!("ctl-presence-blocked"),
        token::Presence::Locked { tries_left: Some(tries) } => {
            t!("ctl-presence-locked", tries = tries)
        }
        token::Presence::Locked { tries_left: None } => t!("ctl-presence-locked-unknown"),
        token::Presence::Ready { owner } => t!("ctl-presence-ready", owner = owner),
    }
}

fn modules() -> Finding {
    let found: Vec<String> =
        token::pkcs11::modules().iter().map(|module| module.path.display().to_string()).collect();
    if found.is_empty() {
        Finding::bad("pkcs11", Health::Missing, t!("ctl-doctor-none"))
    } else {
        Finding::good("pkcs11", found.join("; "))
    }
}

/// The database, the trusted certificates and the server, where an office can be opened.
fn office(global: &Global) -> Vec<Finding> {
    let exists = door::data_dir(global).is_ok_and(|dir| dir.join("keys.json").exists());
    if !exists || global.user.is_none() {
        return vec![Finding::bad("database", Health::Missing, t!("ctl-doctor-no-office"))];
    }
    let office = match door::open(global) {
        Ok(office) => office,
        Err(problem) => return vec![Finding::bad("database", Health::Broken, told(problem))],
    };
    let mut findings = Vec::new();
    findings.push(match office.counts() {
        Ok(_) => Finding::good("database", office.session().agency.name.clone()),
        Err(problem) => Finding::bad("database", Health::Broken, told(problem)),
    });
    findings.push(match office.trust() {
        Ok(trust) if trust.roots.is_empty() => {
            Finding::bad("trust", Health::Missing, t!("ctl-doctor-none"))
        }
        Ok(trust) => Finding::good("trust", trust.roots.len().to_string()),
        Err(problem) => Finding::bad("trust", Health::Broken, told(problem)),
    });
    findings.extend(server(&office));
    findings.extend(line_certificate(&office));
    findings
}

/// The certificate that the office shows on the line, where it has one for that.
fn line_certificate(office: &Office) -> Option<Finding> {
    const COMPONENT: &str = "line-certificate";
    let certificate = match office.line_certificate() {
        Ok(certificate) => certificate?,
        Err(problem) => return Some(Finding::bad(COMPONENT, Health::Broken, told(problem))),
    };
    let until = calendar::local(certificate.not_after()).strftime("%d/%m/%Y").to_string();
    let what = t!("ctl-doctor-until", owner = certificate.subject().label(), date = until);
    Some(if certificate.is_valid_at(Timestamp::now()) {
        Finding::good(COMPONENT, what)
    } else {
        Finding::bad(COMPONENT, Health::Broken, what)
    })
}

fn server(office: &Office) -> Vec<Finding> {
    // Signatures and deadlines live on the clock; more than this is worth mending.
    const SKEW_SECONDS: i64 = 120;
    let setting = match office.server_setting() {
        Ok(Some(setting)) => setting,
        Ok(None) => return vec![Finding::bad("server", Health::Missing, t!("ctl-doctor-none"))],
        Err(problem) => return vec![Finding::bad("server", Health::Broken, told(problem))],
    };
    let asked = office.server_line().and_then(|line| Ok(line.health()?));
    match asked {
        Ok(info) => {
            let skew = info.skew.as_secs();
            let clock = if skew.abs() <= SKEW_SECONDS {
                Finding::good("clock", t!("ctl-doctor-skew", seconds = skew))
            } else {
                Finding::bad("clock", Health::Broken, t!("ctl-doctor-skew", seconds = skew))
            };
            vec![Finding::good("server", format!("{} ({})", setting.url, info.version)), clock]
        }
        Err(error) => vec![Finding::bad("server", Health::Missing, told(error))],
    }
}

fn told(problem: Problem) -> String {
    vanthu::i18n::tell(&problem).what
}
