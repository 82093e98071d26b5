//! `vanthu-server office`: who may call, with what, and how much.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::calendar;
use vanthu::pki::Certificate;
use vanthu::server::{
    Account, Listed, OfficeCertificate, Quota, Registry, ServerError, Site, fresh_secret,
};
use vanthu::token::Pin;

use super::{known, mib, say};

#[derive(Subcommand)]
pub enum OfficeCommand {
    /// Adds an office, or gives a known one a new name and secret; the old secret ends at once.
    Add {
        code: String,
        name: String,
        #[command(flatten)]
        secret: FirstSecret,
    },
    /// Gives an office another secret. The one that it has holds for some days more, so that
    /// there is time to set the new one; there are two at a time at most.
    Rotate {
        code: String,
        #[command(flatten)]
        secret: SecretSource,
        /// Days that the old secret still holds.
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(..=3_650))]
        days: u32,
    },
    /// Has an agency bear another name, today or from an earlier day on. Older documents keep
    /// the name of their day; offices learn of it with their next look at the directory.
    Rename {
        code: String,
        name: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Has an agency go on under another code, today or from another day on, with its name and
    /// history. Documents to the old code are refused from that day on, and the sender is told
    /// the new one; what waits for the old code may be fetched with its old secret.
    Recode {
        old: String,
        new: String,
        #[command(flatten)]
        secret: FirstSecret,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Ends agencies that another one goes on with. Documents to them are refused from that
    /// day on, and the sender is told the code of the other.
    Merge {
        #[arg(required = true)]
        codes: Vec<String>,
        /// The agency that goes on, which is known here.
        #[arg(long, value_name = "CODE")]
        into: String,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Ends an agency that several go on with, or nobody. What waits for it stays and may be
    /// fetched; `disable` ends that, too.
    Close {
        code: String,
        /// Who goes on with its work; may be said several times.
        #[arg(long = "successor", value_name = "CODE")]
        successors: Vec<String>,
        #[command(flatten)]
        change: ChangeArgs,
    },
    /// Takes back that an agency ends.
    Reopen { code: String },
    /// Shows an agency's names: from, until, name, basis; then its end, if it has one, with
    /// its successors.
    History { code: String },
    /// Has a certificate speak for an office, so that it needs no secret (see `serve
    /// --client-ca`). Several may hold at once: bind the next one before the last one ends.
    /// Without a file lists what was bound: SHA-256, `holds` or why not, its end, its owner.
    Certificate {
        code: String,
        /// The office's certificate, PEM or DER; authorities in the file are passed over.
        file: Option<PathBuf>,
        /// Last day on which it speaks for the office, if before its own end (2027-12-31).
        #[arg(long, requires = "file")]
        until: Option<Date>,
        /// Has the certificate of this SHA-256 speak for the office no more, for good.
        #[arg(long, value_name = "SHA256", conflicts_with = "file")]
        revoke: Option<String>,
    },
    /// Lets an office call no more; nothing is sent to it meanwhile. What waits for it stays.
    Disable { code: String },
    /// Lets a disabled office call again, with the secrets that it had.
    Enable { code: String },
    /// Sets how much an office may send on a day; what is not named is as for everybody.
    Quota {
        code: String,
        #[arg(long)]
        day_packets: Option<u64>,
        #[arg(long)]
        day_mib: Option<u64>,
    },
    /// Lists the offices: code, `active`, `listed` (neither secret nor certificate), `closed`
    /// or `disabled`, name; with --keys also when each secret ends.
    List {
        #[arg(long)]
        keys: bool,
    },
}

/// When a change holds, and why.
#[derive(Args)]
pub struct ChangeArgs {
    /// First day on which it holds, such as 2026-07-01; today if not said.
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// The decision behind it.
    #[arg(long, default_value = "")]
    basis: String,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct SecretSource {
    /// Reads the secret from the first line of standard input.
    #[arg(long)]
    secret_stdin: bool,
    /// Makes a secret and prints it, once.
    #[arg(long)]
    generate: bool,
}

/// The secret of an office that is added, which may prove itself by a certificate alone.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct FirstSecret {
    /// Reads the secret from the first line of standard input.
    #[arg(long)]
    secret_stdin: bool,
    /// Makes a secret and prints it, once.
    #[arg(long)]
    generate: bool,
    /// None; a known office keeps the one it has.
    #[arg(long)]
    no_secret: bool,
}

impl FirstSecret {
    /// The secret, if there is to be one, and where it comes from.
    fn first(self) -> Result<(SecretSource, Option<Pin>), ServerError> {
        let Self { secret_stdin, generate, no_secret } = self;
        let source = SecretSource { secret_stdin, generate };
        let secret = (!no_secret).then(|| source.take()).transpose()?;
        Ok((source, secret))
    }
}

impl SecretSource {
    fn take(&self) -> Result<Pin, ServerError> {
        if self.generate { fresh_secret() } else { first_line() }
    }

    fn show(&self, secret: &Pin) -> Result<(), ServerError> {
        if self.generate { say(&format!("{}\n", secret.reveal())) } else { Ok(()) }
    }
}

pub fn run(site: &Site, command: OfficeCommand) -> Result<(), ServerError> {
    match command {
        OfficeCommand::Add { code, name, secret } => {
            let code = known(code)?;
            let (source, secret) = secret.first()?;
            let account = Account { agency: Agency::new(code, &name), secret };
            Registry::open(site)?.put(&account)?;
            account.secret.as_ref().map_or(Ok(()), |secret| source.show(secret))
        }
        OfficeCommand::Rotate { code, secret, days } => {
            let (code, pin) = (known(code)?, secret.take()?);
            let until = Timestamp::now() + SignedDuration::from_hours(24 * i64::from(days));
            Registry::open(site)?.rotate(&code, &pin, until)?;
            secret.show(&pin)
        }
        OfficeCommand::Rename { code, name, change } => {
            Registry::open(site)?.rename(&known(code)?, &name, change.on, &change.basis)
        }
        OfficeCommand::Recode { old, new, secret, change } => {
            let codes = [&known(old)?, &known(new)?];
            let (source, pin) = secret.first()?;
            let ChangeArgs { on, basis } = change;
            let given = Registry::open(site)?.recode(codes, pin.as_ref(), on, &basis)?;
            match pin {
                Some(pin) if given => source.show(&pin)?,
                Some(_) => {
                    eprintln!("{}", vanthu::t!("server-secret-kept", code = codes[1].as_str()))
                }
                None => {}
            }
            Ok(())
        }
        OfficeCommand::Merge { codes, into, change } => {
            let codes = all_known(codes)?;
            Registry::open(site)?.close(&codes, change.on, &[known(into)?], &change.basis)
        }
        OfficeCommand::Close { code, successors, change } => {
            let (codes, next) = ([known(code)?], all_known(successors)?);
            Registry::open(site)?.close(&codes, change.on, &next, &change.basis)
        }
        OfficeCommand::Reopen { code } => Registry::open(site)?.reopen(&known(code)?),
        OfficeCommand::History { code } => {
            say(&history(&Registry::open(site)?.agency(&known(code)?)?))
        }
        OfficeCommand::Certificate { code, file, until, revoke } => {
            let (code, registry) = (known(code)?, Registry::open(site)?);
            match (file, revoke) {
                (Some(file), _) => {
                    let until = until.map(end_of).transpose()?;
                    let bound = registry.bind_certificate(&code, &read(&file)?, until)?;
                    say(&certificate(&bound))
                }
                (None, Some(fingerprint)) => registry.revoke_certificate(&code, &fingerprint),
                (None, None) => {
                    let all = registry.certificates(&code)?;
                    say(&all.iter().map(certificate).collect::<String>())
                }
            }
        }
        OfficeCommand::Disable { code } => Registry::open(site)?.set_disabled(&known(code)?, true),
        OfficeCommand::Enable { code } => Registry::open(site)?.set_disabled(&known(code)?, false),
        OfficeCommand::Quota { code, day_packets, day_mib } => {
            let quota = Quota { packets: day_packets, bytes: day_mib.map(mib) };
            Registry::open(site)?.set_quota(&known(code)?, quota)
        }
        OfficeCommand::List { keys } => {
            let offices = Registry::open(site)?.offices()?;
            let lines: Vec<String> = offices.iter().map(|office| line(office, keys)).collect();
            say(&lines.concat())
        }
    }
}

fn line(office: &Listed, with_keys: bool) -> String {
    let Listed { agency, is_disabled, keys, certificates, .. } = office;
    let ended = agency.ended_by(calendar::local(Timestamp::now()).date());
    let mark = match (is_disabled, ended, keys.len() + certificates) {
        (true, ..) => "disabled",
        (false, Some(_), _) => "closed",
        (false, None, 0) => "listed",
        (false, None, _) => "active",
    };
    let mut line = format!("{}\t{mark}\t{}", agency.code, agency.name);
    if with_keys {
        let ends = keys.iter().map(|end| end.map_or("open".to_owned(), |at| at.to_string()));
        line.push('\t');
        line.push_str(&ends.collect::<Vec<_>>().join(" "));
    }
    line.push('\n');
    line
}

fn all_known(codes: Vec<String>) -> Result<Vec<AgencyCode>, ServerError> {
    codes.into_iter().map(known).collect()
}

fn history(agency: &Agency) -> String {
    let day = |day: Option<Date>| day.map_or("-".to_owned(), |day| day.to_string());
    let mut lines = String::new();
    for period in agency.periods() {
        let (from, until) = (day(period.from), day(period.until));
        lines.push_str(&format!("{from}\t{until}\t{}\t{}\n", period.name, period.basis));
    }
    if let Some(ending) = &agency.ending {
        let next: Vec<&str> = ending.successors.iter().map(AgencyCode::as_str).collect();
        let next = if next.is_empty() { "-".to_owned() } else { next.join(" ") };
        lines.push_str(&format!("{}\tclosed\t{next}\t{}\n", ending.on, ending.basis));
    }
    lines
}

fn certificate(bound: &OfficeCertificate) -> String {
    let OfficeCertificate { fingerprint, ends_at, subject, .. } = bound;
    let state = bound.fault(Timestamp::now()).unwrap_or("holds");
    format!("{fingerprint}\t{state}\t{ends_at}\t{subject}\n")
}

/// The certificate of a file that is no authority's.
fn read(file: &Path) -> Result<Certificate, ServerError> {
    let bytes = std::fs::read(file)
        .map_err(|e| ServerError::Io(file.display().to_string(), e.to_string()))?;
    let found = Certificate::from_pem_or_der(&bytes)
        .map_err(|e| ServerError::BadCertificate(e.to_string()))?;
    let own = found.into_iter().find(|one| !one.is_ca());
    own.ok_or_else(|| ServerError::BadCertificate("all in the file are authorities'".into()))
}

/// The first moment after a day, as the office counts days.
fn end_of(day: Date) -> Result<Timestamp, ServerError> {
    let next = day.tomorrow().and_then(|next| next.to_zoned(calendar::vietnam()));
    let next = next.map_err(|e| ServerError::BadCertificate(e.to_string()))?;
    Ok(next.timestamp())
}

fn first_line() -> Result<Pin, ServerError> {
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|e| ServerError::Io("stdin".into(), e.to_string()))?;
    Ok(Pin::new(text.lines().next().unwrap_or("")))
}
