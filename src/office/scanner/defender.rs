//! Windows Defender, by its command line (`MpCmdRun.exe -Scan -ScanType 3 -File`).
//!
//! It reads files, not streams: the bytes lie in the office's data folder under a name made
//! for the moment, with the name's ending only, and are removed before the answer is read.
//! `-DisableRemediation` keeps Defender from acting on the file by itself: what is found goes
//! into our own quarantine, with the reason.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{Finding, ScanError, Scanner};

const ANSWER: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// `ERROR_VIRUS_INFECTED`: the on-access guard was faster and has shut the file.
const SHUT_BY_GUARD: i32 = 225;

#[derive(Debug)]
pub(super) struct Defender {
    program: Option<PathBuf>,
    folder: PathBuf,
}

impl Defender {
    /// The program where Windows keeps it; it answers that it is absent elsewhere.
    pub fn of_this_computer(folder: &Path) -> Self {
        let program = std::env::var_os("ProgramFiles")
            .map(|files| Path::new(&files).join("Windows Defender").join("MpCmdRun.exe"))
            .filter(|program| cfg!(windows) && program.is_file());
        let folder = folder.to_owned();
        if program.is_some() {
            clear_away(&folder);
        }
        Self { program, folder }
    }

    fn run(&self, program: &Path, file: &Path, words: &Path) -> Result<(i32, String), ScanError> {
        let failed = |error: std::io::Error| ScanError::NoVerdict(error.to_string());
        let mut command = Command::new(program);
        command
            .args(["-Scan", "-ScanType", "3", "-DisableRemediation", "-File"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(File::create(words).map_err(failed)?)
            .stderr(Stdio::null());
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt;
            // CREATE_NO_WINDOW: no console flashes over the desk.
            command.creation_flags(0x0800_0000);
        }
        let mut child =
            command.spawn().map_err(|error| ScanError::Unreachable(error.to_string()))?;
        let until = Instant::now() + ANSWER;
        loop {
            match child.try_wait().map_err(failed)? {
                Some(status) => {
                    let said = fs::read(words).map_err(failed)?;
                    return Ok((
                        status.code().unwrap_or(-1),
                        String::from_utf8_lossy(&said).into_owned(),
                    ));
                }
                None if Instant::now() > until => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(ScanError::NoVerdict("no answer in time".to_owned()));
                }
                None => thread::sleep(LOOK_AGAIN),
            }
        }
    }
}

impl Scanner for Defender {
    fn name(&self) -> String {
        "Windows Defender".to_owned()
    }

    fn scan(&self, bytes: &[u8]) -> Result<Finding, ScanError> {
        let program = self.program.as_deref().ok_or(ScanError::Absent)?;
        let name = Uuid::new_v4().simple().to_string();
        let file = Moment(self.folder.join(format!("scan-{name}.bin")));
        let words = Moment(self.folder.join(format!("scan-{name}.txt")));
        let shut = |error: &std::io::Error| error.raw_os_error() == Some(SHUT_BY_GUARD);
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&file.0)
            .and_then(|mut out| out.write_all(bytes));
        match written {
            Ok(()) => {}
            Err(error) if cfg!(windows) && shut(&error) => {
                return Ok(Finding::Malware("Windows Defender".to_owned()));
            }
            Err(error) => return Err(ScanError::NoVerdict(error.to_string())),
        }
        let (status, said) = self.run(program, &file.0, &words.0)?;
        verdict(status, &said)
    }
}

/// Removes what a power cut left of an earlier scan: it lies there unencrypted.
fn clear_away(folder: &Path) {
    let old = |path: &Path| {
        let modified = fs::metadata(path).and_then(|about| about.modified()).ok();
        modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > 2 * ANSWER)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("scan-") && name.ends_with(".bin") && old(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file that is gone when it is no longer needed.
struct Moment(PathBuf);

impl Drop for Moment {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Status 0 is clean. Status 2 is a threat, and also a scan that failed: only the words tell
/// them apart. Windows prints them in its own language, but the line of the threat's name
/// begins alike in all of them.
fn verdict(status: i32, said: &str) -> Result<Finding, ScanError> {
    let threat = said.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        (name.trim() == "Threat" && !value.is_empty()).then(|| value.to_owned())
    });
    match (status, threat) {
        (2, Some(threat)) => Ok(Finding::Malware(threat)),
        (0, None) => Ok(Finding::Clean),
        _ => Err(ScanError::NoVerdict(format!("exit status {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: &str = "Scan starting...\r\nScan finished.\r\nScanning C:\\x found 1 threats.\r\n\
        \r\n<===========================LIST OF DETECTED THREATS==========================>\r\n\
        ----------------------------- Threat information ------------------------------\r\n\
        Threat                  : Virus:DOS/EICAR_Test_File\r\n\
        Resources               : 1 total\r\n    file                : C:\\x\r\n";

    #[test]
    fn the_words_decide_what_status_two_means() {
        let eicar = Finding::Malware("Virus:DOS/EICAR_Test_File".to_owned());
        assert_eq!(verdict(2, FOUND), Ok(eicar));
        assert_eq!(
            verdict(0, "Scan starting...\r\nScan finished.\r\nScanning C:\\x found no threats."),
            Ok(Finding::Clean)
        );
        let failed = "CmdTool: Failed with hr = 0x80508023. Check C:\\log for more information";
        assert!(matches!(verdict(2, failed), Err(ScanError::NoVerdict(_))));
        assert!(matches!(verdict(1, ""), Err(ScanError::NoVerdict(_))));
        // A threat with the status of a clean file contradicts itself.
        assert!(verdict(0, FOUND).is_err());
    }

    #[test]
    fn a_computer_without_it_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let absent = Defender { program: None, folder: dir.path().to_owned() };
        assert_eq!(absent.scan(b"x"), Err(ScanError::Absent));
    }

    /// A script stands in for the program: the file, the words and the clearing away are real.
    #[cfg(unix)]
    #[test]
    fn the_file_is_there_for_the_scan_and_gone_after_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("MpCmdRun");
        let script = "#!/bin/sh\nif grep -q needle \"$6\"; then\n\
                      echo 'Threat                  : Test:Needle'; exit 2; fi\nexit 0\n";
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = dir.path().join("data");
        fs::create_dir(&folder).unwrap();
        let defender = Defender { program: Some(program), folder: folder.clone() };
        let found = Finding::Malware("Test:Needle".to_owned());
        assert_eq!(defender.scan(b"a needle in hay"), Ok(found));
        assert_eq!(defender.scan(b"hay"), Ok(Finding::Clean));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}
