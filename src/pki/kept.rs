//! What earlier checks fetched, kept in the office's folder for the days without a line:
//! revocation lists and answers while they are in force, and authorities' certificates.
//!
//! Nothing here is trusted. Lists and answers are signed, certificates have to lead to a root
//! of the trust folder, and a file that somebody puts here can at most be of no use. A folder
//! that cannot be read or written makes checks slower, not wrong, and is only logged.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::certificate::Certificate;
use super::revocation::{self, Evidence};
use super::trust::TrustStore;

/// Kept in all, in bytes and in files; what was kept longest ago goes first.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
const MAX_FILES: usize = 500;

/// The folder.
#[derive(Debug, Clone)]
pub struct Kept {
    folder: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Answer,
    Authority,
}

impl Kind {
    const ALL: [Self; 3] = [Self::List, Self::Answer, Self::Authority];

    const fn suffix(self) -> &'static str {
        match self {
            Self::List => "crl",
            Self::Answer => "ocsp",
            Self::Authority => "crt",
        }
    }
}

/// One file of the folder.
struct Entry {
    path: PathBuf,
    kind: Kind,
    size: u64,
    written: SystemTime,
}

impl Kept {
    /// `folder` is made when something is kept.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Adds what is in force at `now` to what `trust` has at hand; the rest is thrown away.
    pub fn add_to(&self, trust: &mut TrustStore, now: Timestamp) {
        for entry in self.within_bounds() {
            let Ok(der) = fs::read(&entry.path) else { continue };
            match entry.kind {
                Kind::Authority => match Certificate::from_der(&der) {
                    // A root is trusted because somebody trusts it, never because it is here.
                    Ok(found) if is_authority(&found) => {
                        if !trust.intermediates.contains(&found) {
                            trust.intermediates.push(found);
                        }
                    }
                    _ => discard(&entry.path),
                },
                Kind::List if in_force(revocation::list_until(&der), now) => {
                    trust.evidence.crls.push(der);
                }
                Kind::Answer if in_force(revocation::answer_until(&der), now) => {
                    trust.evidence.ocsps.push(der);
                }
                Kind::List | Kind::Answer => discard(&entry.path),
            }
        }
    }

    /// Keeps what a check relied upon, as far as it will serve again.
    pub fn keep(&self, certificates: &[Certificate], evidence: &Evidence, now: Timestamp) {
        let lists = evidence.crls.iter().filter(|der| in_force(revocation::list_until(der), now));
        let answers =
            evidence.ocsps.iter().filter(|der| in_force(revocation::answer_until(der), now));
        let authorities = certificates.iter().filter(|found| is_authority(found));
        let all = lists
            .map(|der| (Kind::List, der.as_slice()))
            .chain(answers.map(|der| (Kind::Answer, der.as_slice())))
            .chain(authorities.map(|found| (Kind::Authority, found.der())));
        for (kind, der) in all {
            if let Err(error) = self.write(kind, der) {
                tracing::debug!(%error, "not kept");
                return;
            }
        }
        self.within_bounds();
    }

    fn write(&self, kind: Kind, der: &[u8]) -> std::io::Result<()> {
        let path = self.folder.join(format!("{:x}.{}", Sha256::digest(der), kind.suffix()));
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        // Two programs may keep the same thing at once: each under a name of its own first.
        let half = path.with_extension(format!("{}.part", std::process::id()));
        fs::write(&half, der)?;
        fs::rename(&half, &path)
    }

    /// The files that are kept, newest first; those beyond the bounds are thrown away.
    fn within_bounds(&self) -> Vec<Entry> {
        let Ok(files) = fs::read_dir(&self.folder) else { return Vec::new() };
        let mut entries: Vec<Entry> = files.flatten().filter_map(|file| entry(&file)).collect();
        entries.sort_by(|one, other| {
            other.written.cmp(&one.written).then_with(|| one.path.cmp(&other.path))
        });
        let (mut total, mut count) = (0, 0);
        entries.retain(|entry| {
            total += entry.size;
            count += 1;
            let fits = total <= MAX_BYTES && count <= MAX_FILES;
            if !fits {
                discard(&entry.path);
            }
            fits
        });
        entries
    }
}

fn entry(file: &fs::DirEntry) -> Option<Entry> {
    let path = file.path();
    let suffix = path.extension()?.to_str()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.suffix() == suffix)?;
    let facts = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let written = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Entry { path, kind, size: facts.len(), written })
}

fn is_authority(certificate: &Certificate) -> bool {
    certificate.is_ca() && !certificate.subject().matches(certificate.issuer())
}

fn in_force(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| now < until)
}

fn discard(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(%error, path = %path.display(), "not thrown away");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::demo::Authority;

    #[test]
    fn only_authorities_are_kept_and_never_as_roots() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::in_folder(&folder.path().join("kept"));
        let now = Timestamp::now();
        let authority = Authority::create(now).unwrap();
        let all = [authority.sub().clone(), authority.root().clone()];
        let junk = Evidence { crls: vec![b"no list".to_vec()], ocsps: vec![b"no answer".to_vec()] };
        kept.keep(&all, &junk, now);
        // Somebody puts a root of their own beside it.
        let own = folder.path().join("kept/own.crt");
        fs::write(&own, authority.root().der()).unwrap();
        let mut trust = TrustStore::empty();
        kept.add_to(&mut trust, now);
        assert!(trust.roots.is_empty());
        assert_eq!(trust.intermediates, [authority.sub().clone()]);
        assert!(trust.evidence.is_empty());
        assert!(!own.exists());
    }

    #[test]
    fn what_is_too_much_goes_the_oldest_first() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::in_folder(folder.path());
        for number in 0..MAX_FILES + 3 {
            fs::write(folder.path().join(format!("{number:04}.crl")), b"x").unwrap();
        }
        assert_eq!(kept.within_bounds().len(), MAX_FILES);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), MAX_FILES);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let mut trust = TrustStore::empty();
        Kept::in_folder(Path::new("/nonexistent/kept")).add_to(&mut trust, Timestamp::now());
        assert!(trust.is_empty());
    }
}
