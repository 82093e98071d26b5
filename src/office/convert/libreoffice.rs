//! LibreOffice without a window.
//!
//! It gets a profile of its own, so that a LibreOffice that the clerk has open neither answers
//! in its place nor is disturbed; in that profile macros are off and nothing is fetched from the
//! network. The program proper (`soffice.bin`) is started, not the launcher beside it, since
//! ending a launcher would leave the program running.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::run;
use super::{Converter, NotConverted, failed};
use crate::pdf::render::Cancel;

/// A first start makes its profile, which takes seconds on a slow disk.
const PATIENCE: Duration = Duration::from_secs(180);
/// What it ends with where it wants to be started again, having made its profile.
const AGAIN: [i32; 2] = [79, 81];
const FILTER: &str = "pdf:writer_pdf_Export";

/// Macros never run, links are never followed; written before it makes the rest.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"#;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LibreOffice {
    program: PathBuf,
}

impl LibreOffice {
    /// Where it usually is.
    pub fn find() -> Option<Self> {
        candidates().into_iter().find_map(|program| Self::at(&program).ok())
    }

    pub fn at(program: &Path) -> Result<Self, NotConverted> {
        let program = std::fs::canonicalize(program).map_err(|_| NotConverted::NoProgram)?;
        if !program.is_file() {
            return Err(NotConverted::NoProgram);
        }
        let proper = program.with_file_name("soffice.bin");
        Ok(Self { program: if proper.is_file() { proper } else { program } })
    }

    fn command(&self, source: &Path, into: &Path, profile: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-env:UserInstallation={}", file_url(profile)))
            .args(["--headless", "--invisible", "--norestore", "--nologo", "--nodefault"])
            .args(["--nolockcheck", "--nofirststartwizard", "--convert-to", FILTER, "--outdir"])
            .arg(into)
            .arg(source)
            // Whatever else uses the display is not for it.
            .env_remove("DISPLAY")
            .env("SAL_USE_VCLPLUGIN", "svp");
        command
    }
}

impl Converter for LibreOffice {
    fn name(&self) -> &'static str {
        "LibreOffice"
    }

    fn convert(
        &self,
        source: &Path,
        pdf: &Path,
        scratch: &Path,
        cancel: &Cancel,
    ) -> Result<(), NotConverted> {
        let user = scratch.join("user");
        std::fs::create_dir_all(&user).map_err(failed)?;
        std::fs::write(user.join("registrymodifications.xcu"), SETTINGS).map_err(failed)?;
        let into = pdf.parent().unwrap_or(Path::new("."));
        let mut status = run(&mut self.command(source, into, scratch), PATIENCE, cancel)?;
        if status.code().is_some_and(|code| AGAIN.contains(&code)) {
            status = run(&mut self.command(source, into, scratch), PATIENCE, cancel)?;
        }
        if status.success() {
            Ok(())
        } else {
            Err(NotConverted::Failed(format!("LibreOffice ended with {status}")))
        }
    }
}

/// A path as LibreOffice takes it: everything but letters, digits and a few signs escaped.
fn file_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    // Windows' own spelling of long paths is not understood.
    let path = path.trim_start_matches("//?/");
    let mut url = String::from(if path.starts_with('/') { "file://" } else { "file:///" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~:".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

fn candidates() -> Vec<PathBuf> {
    let names: &[&str] = if cfg!(windows) { &["soffice.exe"] } else { &["soffice", "libreoffice"] };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .collect();
    if cfg!(windows) {
        for base in ["ProgramFiles", "ProgramFiles(x86)"] {
            let base = std::env::var_os(base).map(PathBuf::from);
            found.extend(base.map(|base| base.join("LibreOffice/program/soffice.exe")));
        }
    } else {
        found.push(PathBuf::from("/usr/lib/libreoffice/program/soffice"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_urls() {
        assert_eq!(file_url(Path::new("/tmp/dữ liệu")), "file:///tmp/d%E1%BB%AF%20li%E1%BB%87u");
        assert_eq!(file_url(Path::new(r"C:\Văn thư")), "file:///C:/V%C4%83n%20th%C6%B0");
        assert_eq!(file_url(Path::new(r"\\?\C:\x")), "file:///C:/x");
    }
}
