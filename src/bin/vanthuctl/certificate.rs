//! Who is who: certificates linked to people and to the organisation.

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::identity::{CertificateLink, Owner};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::office::Office;
use vanthu::pki::Certificate;
use vanthu::t;
use vanthu::token::{self, Selector, choose};

use crate::args;
use crate::door;
use crate::output::Outcome;
use crate::usage;

pub fn certificate(
    global: &args::Global,
    command: &args::CertificateCommand,
) -> Result<Outcome, Problem> {
    match command {
        args::CertificateCommand::Link(args) => {
            let certificate = named(args)?;
            let owner = match &args.person {
                Some(user) => Owner::Person(user.clone()),
                None => Owner::Organisation,
            };
            let office = door::open(global)?;
            let link = office.link_certificate(&certificate, owner)?;
            let text = t!(
                "ctl-certificate-linked",
                subject = link.certificate.subject,
                owner = owner_name(&office, &link)
            );
            Ok(Outcome::new(row(&link), text))
        }
        args::CertificateCommand::Unlink { serial } => {
            let link = door::open(global)?.unlink_certificate(serial)?;
            let text = t!("ctl-certificate-unlinked", subject = link.certificate.subject);
            Ok(Outcome::new(row(&link), text))
        }
        args::CertificateCommand::List => list(&door::open(global)?),
    }
}

fn list(office: &Office) -> Result<Outcome, Problem> {
    let links = office.certificate_links()?;
    let warnings = office.certificate_warnings(Timestamp::now())?;
    let days = |link: &CertificateLink| {
        warnings.iter().find(|warning| warning.link == *link).map(|warning| warning.days_left)
    };
    let rows: Vec<Value> = links
        .iter()
        .map(|link| {
            let mut row = row(link);
            row["ends_in_days"] = days(link).into();
            row
        })
        .collect();
    let lines: Vec<String> = links
        .iter()
        .map(|link| {
            let facts = &link.certificate;
            let until = vanthu::domain::calendar::local(facts.not_after).strftime("%d/%m/%Y");
            let owner = owner_name(office, link);
            let mut line =
                format!("{owner}\t{} ({})\t{}\t{until}", facts.subject, facts.issuer, facts.serial);
            if let Some(days) = days(link) {
                line.push_str(&format!("\t{}", ends(days)));
            }
            line
        })
        .collect();
    Ok(Outcome::new(json!({"certificates": rows}), lines.join("\n")))
}

/// How soon a certificate ends, in words.
pub fn ends(days_left: i64) -> String {
    if days_left < 0 {
        t!("ctl-certificate-ended")
    } else {
        t!("ctl-certificate-ends", days = days_left)
    }
}

/// The certificate that is meant: a file's first, or a token's.
fn named(args: &args::LinkCertificate) -> Result<Certificate, Problem> {
    let none = || Problem::new("ctl-no-such-certificate", Kind::Usage, Blame::Input);
    if let Some(file) = &args.file {
        let read = Certificate::from_pem_or_der(&door::read(file)?)?;
        return read.into_iter().next().ok_or_else(none);
    }
    let selector = args.token.as_deref().ok_or_else(|| usage("FILE | --token", ""))?;
    let mut token = token::open(&Selector::parse(selector)?)?;
    let certificates = token.certificates()?;
    let certificate = match &args.cert {
        Some(serial) => choose::by_serial(&certificates, serial).ok_or_else(none)?.clone(),
        None => {
            let now = Timestamp::now();
            let purpose = if args.person.is_some() {
                choose::Purpose::Personal
            } else {
                choose::Purpose::Organisation
            };
            choose::choose(&certificates, purpose, now)
                .map_err(token::TokenError::NoCertificate)?
                .0
                .clone()
        }
    };
    Ok(Certificate::from_der(&certificate.der)?)
}

fn owner_name(office: &Office, link: &CertificateLink) -> String {
    match &link.owner {
        Owner::Organisation => office.session().agency.name.clone(),
        Owner::Person(user) => user.clone(),
    }
}

fn row(link: &CertificateLink) -> Value {
    let facts = &link.certificate;
    let (owner, user) = match &link.owner {
        Owner::Organisation => ("organisation", None),
        Owner::Person(user) => ("person", Some(user)),
    };
    json!({
        "owner": owner,
        "user": user,
        "subject": facts.subject,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "sha256": facts.fingerprint,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
    })
}
