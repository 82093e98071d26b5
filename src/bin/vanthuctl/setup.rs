//! Setting up an office: founding it, people, directory, settings; and packets.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::domain::role::Role;
use vanthu::exchange::{ServerProfile, Trust};
use vanthu::office::line::pem_of;
use vanthu::office::set_up::{Proof, ServerOrder, SetUp, SigningOrder};
use vanthu::office::settings::{ImageWarning, fit_image};
use vanthu::office::{Founding, Office, OfficeError, labels};
use vanthu::packet;
use vanthu::pki::Certificate;
use vanthu::rules::directory::{Directory, Warning};
use vanthu::rules::facts::NumberTaken;
use vanthu::t;
use zeroize::Zeroizing;

use crate::args;
use crate::door;
use crate::output::Outcome;
use crate::usage;

pub fn init(global: &args::Global, args: &args::Init) -> Result<Outcome, Problem> {
    let code = AgencyCode::new(&args.agency).ok_or_else(|| usage("--agency", &args.agency))?;
    let founding = Founding {
        agency: Agency::new(code.clone(), &args.name),
        profile: global.profile.clone().unwrap_or_else(|| "current".to_owned()),
        user: door::user(global)?,
        display_name: args.display_name.clone(),
        roles: roles(&args.roles)?,
    };
    let password = door::password(global)?;
    let dir = door::data_dir(global)?;
    let office = Office::found(&dir, founding, &password)?;
    let json = json!({
        "data_dir": dir,
        "agency": code,
        "name": office.session().agency.name,
        "profile": office.profile().name(),
        "user": office.session().user,
    });
    Ok(Outcome::new(json, t!("ctl-init-done", name = office.session().agency.name)))
}

pub fn user(global: &args::Global, command: &args::User) -> Result<Outcome, Problem> {
    let office = door::open(global)?;
    match command {
        args::User::Add { name, display_name, roles: keys, new_password_env } => {
            let password = door::secret_from_env(new_password_env)?;
            let roles = roles(keys)?;
            office.add_user(name, display_name, &roles, &password)?;
            Ok(Outcome::new(json!({"user": name}), t!("ctl-user-added", user = name)))
        }
        args::User::List => {
            let users = office.users()?;
            let text: Vec<String> = users
                .iter()
                .map(|user| {
                    let roles: Vec<String> = user.roles.iter().copied().map(labels::role).collect();
                    let state =
                        if user.disabled { t!("ctl-user-disabled-mark") } else { String::new() };
                    format!("{}\t{}\t{}{state}", user.user, user.display_name, roles.join(", "))
                })
                .collect();
            let json = json!({"users": users.iter().map(|user| json!({
                "user": user.user,
                "display_name": user.display_name,
                "roles": user.roles.iter().map(|role| role.key()).collect::<Vec<_>>(),
                "disabled": user.disabled,
            })).collect::<Vec<_>>()});
            Ok(Outcome::new(json, text.join("\n")))
        }
        args::User::Disable { name } => {
            office.disable_user(name)?;
            Ok(Outcome::new(json!({"user": name}), t!("ctl-user-disabled", user = name)))
        }
        args::User::Passwd { new_password_env } => {
            let old = door::password(global)?;
            office.change_password(&old, &door::secret_from_env(new_password_env)?)?;
            Ok(Outcome::new(json!({"user": office.session().user}), t!("ctl-password-changed")))
        }
    }
}

pub fn agency(global: &args::Global, command: &args::Agency) -> Result<Outcome, Problem> {
    match command {
        args::Agency::Import { file } => {
            let bytes = door::read(file)?;
            let office = door::open(global)?;
            let import = Directory::read(&bytes, office.profile())?;
            let count = import.agencies.len();
            let warnings = import.warnings.clone();
            office.put_agencies(import.agencies)?;
            let warnings: Vec<String> = warnings.iter().map(warning).collect();
            let mut text = t!("ctl-agencies-imported", count = count);
            for warning in &warnings {
                text.push_str(&format!("\n{warning}"));
            }
            Ok(Outcome::new(json!({"imported": count, "warnings": warnings}), text))
        }
        args::Agency::List { words } => {
            let agencies = door::open(global)?.agencies(words, 1000)?;
            let text: Vec<String> =
                agencies.iter().map(|agency| format!("{}\t{}", agency.code, agency.name)).collect();
            Ok(Outcome::new(json!({"agencies": agencies}), text.join("\n")))
        }
    }
}

pub fn config(global: &args::Global, command: &args::Config) -> Result<Outcome, Problem> {
    let office = door::open(global)?;
    match command {
        args::Config::Server { url, secret_env, speaks, quirks, ca, system_roots } => {
            let quirks = quirks.iter().map(String::as_str);
            let words: Vec<&str> = match speaks {
                args::ServerKind::Vanthu => ["vanthu"].into_iter().chain(quirks).collect(),
                args::ServerKind::Axis => ["axis"].into_iter().chain(quirks).collect(),
            };
            let profile = ServerProfile::read(&words.join(" "))
                .ok_or(OfficeError::BadSetting("server.profile"))?;
            let server = ServerOrder {
                url: url.clone(),
                secret: match secret_env {
                    Some(name) => Proof::New(door::secret_from_env(name)?),
                    None => Proof::None,
                },
                profile,
                trust: match ca {
                    Some(file) => Trust::Pinned(door::read(file)?),
                    None if *system_roots => Trust::SystemRoots,
                    None => Trust::System,
                },
                certificate: Proof::Kept,
            };
            office.set_up(&SetUp { server: Some(server), ..SetUp::default() })?;
        }
        args::Config::Exchange { pause, resume, metered, limit } => {
            let mut manner = office.line_manner()?;
            manner.paused = *pause || (manner.paused && !resume);
            manner.metered = metered.map_or(manner.metered, |on| on == args::OnOff::On);
            manner.limit = limit.map_or(manner.limit, NonZeroU32::new);
            office.set_line_manner(manner)?;
        }
        args::Config::Line { file, key } => return line(&office, file, key.as_deref()),
        args::Config::Tsa { urls } => office.set_tsa_urls(urls)?,
        args::Config::SignatureImage { png } => {
            let png = image(png)?;
            let warnings = image_warnings(png.as_deref(), SignatureKind::Personal)?;
            let signing = SigningOrder { signature_image: Some(png), ..SigningOrder::default() };
            office.set_up(&SetUp { signing, ..SetUp::default() })?;
            return Ok(image_set(&warnings));
        }
        args::Config::SealImage { png, mm } => {
            let png = image(png)?;
            let warnings = image_warnings(png.as_deref(), SignatureKind::Organisation)?;
            let (seal_image, seal_mm) = (Some(png), mm.map(Some));
            let signing = SigningOrder { seal_image, seal_mm, ..SigningOrder::default() };
            office.set_up(&SetUp { signing, ..SetUp::default() })?;
            return Ok(image_set(&warnings));
        }
        args::Config::NumberAt { signature } => office.set_number_taken(match signature {
            args::As::Personal => NumberTaken::PersonalSignature,
            args::As::Organisation => NumberTaken::OrganisationSignature,
        })?,
        args::Config::SignatureLevel { level } => office.set_wanted_level((*level).into())?,
        args::Config::Signing { digest, rsa } => {
            if let Some(digest) = digest {
                office.set_signing_digest(digest.chosen())?;
            }
            if let Some(scheme) = rsa {
                office.set_rsa_scheme(scheme.chosen())?;
            }
        }
        args::Config::Watch { dir } => office.set_watched_folder(folder(dir))?,
        args::Config::ScanFolder { dir } => office.set_scanned_folder(folder(dir))?,
        args::Config::Modules { paths } => office.set_token_modules(paths)?,
        args::Config::Notifications { on } => office.set_notifies(*on == args::OnOff::On)?,
        args::Config::Scanner { setting } => office.set_scanner(setting)?,
        args::Config::IssueUnscanned { reason } => office.set_unscanned_reason(reason)?,
        args::Config::Ocr { program } => {
            office.set_ocr_program((program != "auto").then_some(program.as_str()))?;
        }
        args::Config::Converter { program } => {
            office.set_converter_program((program != "auto").then_some(program.as_str()))?;
        }
        args::Config::Profile { name } => office.choose_profile(name)?,
        args::Config::Show => {
            let server = office.server();
            let json = json!({
                "server": server,
                "line_certificate": office.line_certificate()?.as_ref().map(shown),
                "server_trust": match office.line_trust()? {
                    Trust::System => "system",
                    Trust::SystemRoots => "system-roots",
                    Trust::Pinned(_) => "pinned",
                },
                "exchange": office.line_manner()?,
                "tsa": office.tsa_urls()?,
                "signature_level": office.wanted_level()?.name(),
                "signing": {
                    "digest": office.signing_digest()?,
                    "rsa": office.rsa_scheme()?,
                },
                "modules": office.token_modules()?,
                "notifications": office.notifies(),
                "scanner": office.scanner()?.to_string(),
                "issue_unscanned": office.unscanned_reason()?,
                "watched_folder": office.watched_folder()?,
                "scan_folder": office.scanned_folder()?,
                "profile": office.profile().name(),
                "ocr": {
                    "chosen": office.ocr_program()?,
                    "found": office.recogniser().ok().map(|found| found.program().to_owned()),
                },
                "converter": {
                    "chosen": office.converter_program()?,
                    "found": office.converter().ok().map(|found| found.name()),
                },
                "signature_image": office.signature_image()?.is_some(),
                "seal_image": office.seal_image()?.is_some(),
                "seal_mm": office.seal_size_mm()?,
                "number_at": match office.number_taken()? {
                    NumberTaken::PersonalSignature => "personal",
                    NumberTaken::OrganisationSignature => "organisation",
                },
            });
            let text = serde_json::to_string_pretty(&json).unwrap_or_default();
            return Ok(Outcome::new(json, text));
        }
    }
    Ok(Outcome::new(json!({"done": true}), t!("ctl-config-done")))
}

/// Sets the certificate of the line, or none.
fn line(office: &Office, file: &Path, key: Option<&Path>) -> Result<Outcome, Problem> {
    if file.as_os_str() == "none" {
        office.drop_line_certificate()?;
        return Ok(Outcome::new(json!({"done": true}), t!("ctl-config-done")));
    }
    let mut files = vec![Zeroizing::new(door::read(file)?)];
    if let Some(key) = key {
        files.push(Zeroizing::new(door::read(key)?));
    }
    let own = office.set_line_certificate(&pem_of(&files))?;
    Ok(Outcome::new(json!({"line_certificate": shown(&own)}), t!("ctl-config-done")))
}

/// A certificate of the line, as an administrator compares it with the server's.
fn shown(certificate: &Certificate) -> serde_json::Value {
    json!({
        "subject": certificate.subject().label(),
        "sha256": certificate.fingerprint(),
        "until": certificate.not_after().to_string(),
    })
}

/// `none` is no folder.
fn folder(dir: &Path) -> Option<&Path> {
    (dir.as_os_str() != "none").then_some(dir)
}

/// `none` is no image.
fn image(png: &Path) -> Result<Option<Arc<[u8]>>, Problem> {
    if png.as_os_str() == "none" {
        return Ok(None);
    }
    Ok(Some(door::read(png)?.into()))
}

fn image_warnings(png: Option<&[u8]>, kind: SignatureKind) -> Result<Vec<ImageWarning>, Problem> {
    let look = png.map(fit_image).transpose()?;
    Ok(look.map_or(Vec::new(), |look| ImageWarning::of(&look, kind)))
}

/// An image is set; what is not as the regulation wants it is said.
fn image_set(warnings: &[ImageWarning]) -> Outcome {
    let codes: Vec<_> = warnings.iter().map(|warning| warning.code()).collect();
    let mut text = vec![t!("ctl-config-done")];
    text.extend(warnings.iter().map(|warning| warning.sentence()));
    Outcome::new(json!({"done": true, "warnings": codes}), text.join("\n"))
}

fn warning(warning: &Warning) -> String {
    match warning {
        Warning::UnknownForm { line, code } => {
            t!("ctl-agency-unknown-form", line = line, code = code)
        }
        Warning::UnknownParent { line, code } => {
            t!("ctl-agency-unknown-parent", line = line, code = code)
        }
    }
}

/// A packet to JSON, or JSON to a packet; needs no office.
pub fn packet(global: &args::Global, command: &args::Packet) -> Result<Outcome, Problem> {
    match command {
        args::Packet::Read { file } => {
            let packet = packet::read(&door::read(file)?, &packet::Limits::default())?;
            let json = packet::json::to_value(&packet, global.json)?;
            let text = serde_json::to_string_pretty(&json).unwrap_or_default();
            Ok(Outcome::new(json, text))
        }
        args::Packet::Write { spec, out } => {
            let folder = spec.parent().unwrap_or(Path::new("."));
            let packet = packet::json::from_slice(
                &door::read(spec)?,
                Some(folder),
                &packet::Limits::default(),
            )?;
            let bytes = packet::write(&packet)?;
            door::write(out, &bytes)?;
            let json = json!({"file": out, "size": bytes.len()});
            Ok(Outcome::new(json, t!("ctl-packet-written", file = out.display())))
        }
    }
}

/// Roles from their names, separated by commas.
fn roles(keys: &str) -> Result<Vec<Role>, Problem> {
    keys.split(',')
        .map(|key| Role::from_key(key.trim()).ok_or_else(|| usage("roles", key)))
        .collect()
}
